#include "http/request_parser.h"

#include <algorithm>
#include <utility>

#include <boost/beast/http/error.hpp>

#include "http/target.h"
#include "http/text.h"

namespace engine::http {
namespace {

namespace wire = boost::beast::http;

// The shortest end of a chunked body: "0\r\n\r\n".
constexpr std::size_t kLastChunk = 5;
// A body's memory is taken ahead up to here; a larger one must prove itself by arriving.
constexpr std::uint64_t kBodyAhead = 1 << 20;

std::string size_sentence(std::string_view what, Bytes limit) {
  return "the request's " + std::string(what) + " is larger than " + std::to_string(limit.count) +
         " bytes";
}

}  // namespace

RequestParser::RequestParser(Bytes header_limit, Bytes body_limit)
    : header_limit_(header_limit), body_limit_(body_limit) {
  basic_parser::header_limit(static_cast<std::uint32_t>(header_limit.count));
  basic_parser::body_limit(static_cast<std::uint64_t>(body_limit.count));
}

std::size_t RequestParser::feed(std::string_view bytes) {
  // Beast asserts that a last chunk which it has seen in part is offered again whole.
  const std::size_t least = header_done_ && chunked() ? kLastChunk : 1;
  if (fault_ || is_done() || bytes.size() < least) return 0;
  eager(header_done_);
  Code code;
  const std::size_t used = put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
  if (code && code != wire::error::need_more) {
    refuse_code(code);
  } else if (code && header_done_ && std::cmp_greater(bytes.size() - used, header_limit_.count)) {
    refuse(400, "a chunk's header or the trailer is too long");
  }
  return used;
}

void RequestParser::refuse(int status, std::string message) {
  if (!fault_) fault_ = Fault{status, std::move(message)};
}

void RequestParser::refuse_code(const Code& code) {
  if (code == wire::error::header_limit) return refuse(431, size_sentence("header", header_limit_));
  if (code == wire::error::body_limit) return refuse(413, size_sentence("body", body_limit_));
  if (code == wire::error::bad_content_length || code == wire::error::multiple_content_length ||
      code == wire::error::bad_transfer_encoding) {
    return refuse(400, "Content-Length and Transfer-Encoding leave the body's end in doubt");
  }
  refuse(400, "this is no readable HTTP/1.1 request: " + code.message());
}

void RequestParser::fail(int status, std::string message, Code& code) {
  refuse(status, std::move(message));
  code = wire::error::bad_value;
}

void RequestParser::on_request_impl(wire::verb, View method, View target, int version, Code& code) {
  http_1_0_ = version < 11;
  header_size_ += method.size() + target.size();
  request_.method.assign(method.data(), method.size());
  auto parsed = decode_target({target.data(), target.size()});
  if (!parsed) return fail(400, std::move(parsed).error().message, code);
  request_.path = std::move(parsed->path);
  request_.query = std::move(parsed->query);
}

void RequestParser::on_field_impl(wire::field field, View name, View value, Code& code) {
  if (header_done_) return;  // A trailer: nothing that we serve has a use for it.
  header_size_ += name.size() + value.size() + 4;  // ": " and CR LF.
  if (std::cmp_greater(header_size_, header_limit_.count)) {
    return fail(431, size_sentence("header", header_limit_), code);
  }
  const std::string_view text(value.data(), value.size());
  if (field == wire::field::host) ++hosts_;
  if (field == wire::field::transfer_encoding) {
    has_transfer_encoding_ = true;
    is_plain_chunked_ = same_name(text, "chunked");
  }
  if (field == wire::field::expect) {
    if (!same_name(text, "100-continue")) return fail(417, "unknown expectation in Expect", code);
    expects_continue_ = true;
  }
  // Nobody unpacks it, so it would be read as something that it is not.
  if (field == wire::field::content_encoding && !same_name(text, "identity")) {
    return fail(415, "the body has a Content-Encoding; send it as it is", code);
  }
  request_.headers.emplace_back(std::string(name.data(), name.size()), text);
}

void RequestParser::on_header_impl(Code& code) {
  header_done_ = true;
  if (hosts_ > 1 || (hosts_ == 0 && !http_1_0_)) {
    return fail(400, "exactly one Host header is wanted", code);
  }
  if (!has_transfer_encoding_) return;
  if (content_length() || http_1_0_) {
    return fail(400, "Content-Length and Transfer-Encoding leave the body's end in doubt", code);
  }
  if (!is_plain_chunked_ || !chunked()) {
    return fail(501, "of the transfer encodings only 'chunked' is understood", code);
  }
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Code&) {
  if (length) request_.body.reserve(std::min(*length, kBodyAhead));
}

std::size_t RequestParser::on_body_impl(View body, Code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, Code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace engine::http
