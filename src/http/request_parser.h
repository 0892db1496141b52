#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "base/units.h"
#include "http/http.h"

namespace engine::http {

// Why a request is refused: the status of the answer and its sentence. The connection is closed
// after it, since where the next request begins is not known.
struct Fault {
  int status = 400;
  std::string message;
};

// Reads one request from bytes as they come. Beast knows the grammar; this class adds what Beast
// leaves open: a limit on the whole header, and no doubt about where the body ends (a doubt that
// two servers in a row decide differently is how requests are smuggled).
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  RequestParser(Bytes header_limit, Bytes body_limit);

  // Takes bytes from the front and returns how many; the rest is to be offered again with more
  // behind it, or belongs to the next request. Stops once at the header's end.
  std::size_t feed(std::string_view bytes);

  bool is_header_done() const { return header_done_; }
  bool is_done() const { return header_done_ && basic_parser::is_done(); }
  const std::optional<Fault>& fault() const { return fault_; }
  void refuse(int status, std::string message);  // The first one stands.

  // From here on: valid once the header is done.
  bool is_keep_alive() const { return keep_alive(); }
  bool is_http_1_0() const { return http_1_0_; }
  bool expects_continue() const { return expects_continue_; }
  std::size_t body_size() const { return request_.body.size(); }
  Request& request() { return request_; }

 private:
  using Code = boost::system::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version,
                       Code& code) override;
  void on_response_impl(int, View, int, Code&) override {}
  void on_field_impl(boost::beast::http::field field, View name, View value, Code& code) override;
  void on_header_impl(Code& code) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& code) override;
  std::size_t on_body_impl(View body, Code& code) override;
  void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, View body, Code& code) override;
  void on_finish_impl(Code&) override {}

  void fail(int status, std::string message, Code& code);
  void refuse_code(const Code& code);

  Request request_;
  std::optional<Fault> fault_;
  Bytes header_limit_;
  Bytes body_limit_;
  std::size_t header_size_ = 0;
  std::size_t hosts_ = 0;
  bool header_done_ = false;
  bool http_1_0_ = false;
  bool expects_continue_ = false;
  bool has_transfer_encoding_ = false;
  bool is_plain_chunked_ = false;
};

}  // namespace engine::http
