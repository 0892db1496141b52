#include "http/connection.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <tuple>
#include <utility>

#include <sys/socket.h>

#include "base/log.h"

namespace engine::http {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kIdleBuffer = 2 << 10;  // What an idle connection keeps; most heads fit.
constexpr std::size_t kReadSize = 64 << 10;
constexpr std::size_t kJoinedBody = 16 << 10;  // Smaller bodies are copied behind their head.
// How long a refused client may go on sending. Closing at once would reset the connection, and the
// client would lose the answer.
constexpr Milliseconds kLinger{2'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view(const boost::beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

// Counts one body against the limit of all bodies for as long as it is received.
class BodyShare {
 public:
  explicit BodyShare(ServerState& state) : state_(state) {}
  ~BodyShare() { state_.bodies_held = state_.bodies_held - held_; }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  bool holds(std::size_t size) {
    const Bytes now{static_cast<std::int64_t>(size)};
    state_.bodies_held = state_.bodies_held + (now - held_);
    held_ = now;
    return state_.bodies_held <= state_.options.bodies;
  }

 private:
  ServerState& state_;
  Bytes held_;
};

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state)
    : socket_(std::move(socket)),
      state_(std::move(state)),
      place_(state_->connections.insert(state_->connections.end(), this)) {
  never_expires();
  boost::system::error_code ignored;  // A client that is gone already shows at the first read.
  std::ignore = socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  std::ignore = socket_.non_blocking(true, ignored);
}

// NOLINTNEXTLINE(bugprone-exception-escape): cancelling a timer of a running context cannot fail.
Connection::~Connection() {
  state_->connections.erase(place_);
  if (state_->is_draining && state_->connections.empty()) state_->sweep.cancel();
}

void Connection::expires_after(Milliseconds patience) {
  is_expired_ = false;
  deadline_ = Clock::now() + patience;
}

void Connection::never_expires() {
  is_expired_ = false;
  deadline_ = Clock::time_point::max();
}

void Connection::expire_at(Clock::time_point now) {
  if (now < deadline_) return;
  never_expires();
  is_expired_ = true;
  socket_.cancel();
}

void Connection::close_if_idle() {
  if (is_idle_) socket_.cancel();
}

pollfd Connection::watch() {
  pollfd wanted{-1, 0, 0};
  if (is_watched_ && !gone_.stop_requested()) {
    wanted.fd = socket_.native_handle();
    // HTTP/1.0 has no interim answers. An end by an error is seen in any case.
    if (!is_probed_ && !http_1_0_) wanted.events = POLLRDHUP;
  }
  is_watched_ = is_answering_;
  return wanted;
}

void Connection::seen(short events) {
  if ((events & (POLLERR | POLLHUP)) != 0) {
    gone_.request_stop();
  } else if ((events & POLLRDHUP) != 0) {
    is_probed_ = true;
    boost::system::error_code ignored;  // What is wrong then shows the next time.
    std::ignore = socket_.write_some(asio::buffer(kContinue), ignored);
  }
}

asio::awaitable<void> Connection::run() {
  for (;;) {
    const bool is_answerable = co_await receive();
    if (!is_answerable) co_return;
    http_1_0_ = parser_->is_http_1_0();
    if (const auto& fault = parser_->fault()) {
      co_await turn_away(*fault);
      co_return;
    }
    keep_alive_ = parser_->is_keep_alive() && !state_->is_draining;
    Request request = std::move(parser_->request());
    parser_.reset();
    head_only_ = request.method == "HEAD";
    request.client_gone = gone_.get_token();
    is_answering_ = true;
    is_probed_ = false;
    Response response = co_await answer(std::move(request));
    is_answering_ = is_watched_ = false;
    const bool is_sent = co_await send(std::move(response));
    if (!is_sent) co_return;
    if (!keep_alive_) co_return;
  }
}

asio::awaitable<void> Connection::turn_away(Fault reason) {
  keep_alive_ = false;
  Response response = state_->refusal(reason.status, reason.message);
  const bool is_sent = co_await send(std::move(response));
  if (is_sent) co_await linger();
}

// False: there is nobody to answer. True: parser_ holds a request or a fault.
asio::awaitable<bool> Connection::receive() {
  if (input_.size() == 0) {
    const bool has_begun = co_await await_first_byte();
    if (!has_begun) co_return false;
  }
  parser_ = std::make_unique<RequestParser>(state_->options.header, state_->options.body);
  // An empty line before a request is from clients that count a body's end wrongly (RFC 9112 §2.2).
  while (view(input_).starts_with("\r\n"))
    input_.consume(2);
  const bool has_header = co_await receive_header();
  if (!has_header) co_return false;
  if (parser_->fault() || parser_->is_done()) co_return true;
  co_return co_await receive_body();
}

asio::awaitable<bool> Connection::await_first_byte() {
  if (input_.capacity() > kIdleBuffer) input_ = {};
  if (state_->is_draining) co_return false;
  expires_after(state_->options.idle);
  is_idle_ = true;
  const bool arrived = co_await read_more(kIdleBuffer);
  is_idle_ = false;
  co_return arrived;
}

asio::awaitable<bool> Connection::receive_header() {
  expires_after(state_->options.header_patience);
  for (;;) {
    feed_parser();
    if (parser_->fault() || parser_->is_header_done()) break;
    const bool has_more = co_await read_more(kReadSize);
    if (!has_more) co_return false;
  }
  never_expires();
  co_return true;
}

asio::awaitable<bool> Connection::receive_body() {
  expires_after(state_->options.body_patience);
  BodyShare share(*state_);
  feed_parser();
  if (parser_->expects_continue() && !parser_->is_done() && parser_->body_size() == 0) {
    const Pieces pieces = {asio::buffer(kContinue)};
    const bool is_written = co_await write(pieces);
    if (!is_written) co_return false;
    expires_after(state_->options.body_patience);
  }
  while (!parser_->is_done() && !parser_->fault()) {
    const bool has_more = co_await read_more(kReadSize);
    if (!has_more) co_return false;
    feed_parser();
    if (!share.holds(parser_->body_size())) {
      parser_->refuse(503, "the server is receiving as much as it can hold; try again later");
    }
  }
  never_expires();
  co_return true;
}

void Connection::feed_parser() {
  while (input_.size() > 0) {
    const std::size_t used = parser_->feed(view(input_));
    input_.consume(used);
    if (used == 0 || !parser_->is_header_done()) return;
  }
}

// Reads what has come. False: the client has gone, or said nothing in time. In the middle of a
// request the passed deadline becomes a fault.
asio::awaitable<bool> Connection::read_more(std::size_t most) {
  const auto space = input_.prepare(most);
  const auto [code, size] = co_await socket_.async_read_some(space, kUseTuple);
  input_.commit(size);
  if (code && is_expired_ && parser_) {
    parser_->refuse(408, "the request did not arrive in time");
    co_return true;
  }
  co_return !code;
}

// The one place where an exception becomes an answer.
asio::awaitable<Response> Connection::answer(Request request) {
  std::string what;
  try {
    co_return co_await state_->handler(std::move(request));
  } catch (const std::exception& e) {
    what = e.what();
  }
  log::error("a request handler failed", {
                                             {"what", what}
  });
  co_return state_->refusal(500, "the server failed to answer this request");
}

asio::awaitable<bool> Connection::send(Response response) {
  if (response.stream) co_return co_await send_stream(std::move(response));
  co_return co_await send_whole(std::move(response));
}

Framing Connection::framing_of(const Response& response) const {
  if (!response.stream || is_bodiless(response.status)) return Framing::kLength;
  return http_1_0_ ? Framing::kClose : Framing::kChunked;
}

// Replaces a response that may not go on the wire.
std::string Connection::head_of(Response& response) {
  const Framing framing = framing_of(response);
  keep_alive_ = keep_alive_ && framing != Framing::kClose;
  const auto date = state_->date();
  auto head = response_head(response, {http_1_0_, keep_alive_, framing, date});
  if (head) return *std::move(head);
  log::error("a response could not be sent", {
                                                 {"why", head.error().message}
  });
  response = state_->refusal(500, "the server failed to answer this request");
  return *response_head(response, {http_1_0_, keep_alive_, Framing::kLength, date});
}

asio::awaitable<bool> Connection::send_whole(Response response) {
  std::string head = head_of(response);
  if (head_only_ || is_bodiless(response.status)) response.body.clear();
  if (response.body.size() <= kJoinedBody) {
    head += response.body;
    response.body.clear();
  }
  const Pieces pieces = {asio::buffer(head), asio::buffer(response.body)};
  co_return co_await write(pieces);
}

asio::awaitable<bool> Connection::write(Pieces pieces) {
  for (;;) {
    boost::system::error_code code;
    std::size_t size = socket_.write_some(pieces, code);
    for (auto& piece : pieces) {
      const std::size_t sent = std::min(size, piece.size());
      piece += sent;
      size -= sent;
    }
    if (pieces[0].size() + pieces[1].size() == 0) co_return true;
    if (code && code != asio::error::would_block) co_return false;
    expires_after(state_->options.write_patience);
    const auto [wait_code] = co_await socket_.async_wait(socket_.wait_write, kUseTuple);
    if (wait_code) co_return false;
    never_expires();
  }
}

// Reads and drops until the client closes.
asio::awaitable<void> Connection::linger() {
  boost::system::error_code code;
  std::ignore = socket_.shutdown(asio::ip::tcp::socket::shutdown_send, code);
  expires_after(kLinger);
  while (!code && !is_expired_) {
    input_.clear();
    const auto space = input_.prepare(kReadSize);
    std::tie(code, std::ignore) = co_await socket_.async_read_some(space, kUseTuple);
  }
}

bool Connection::is_client_gone() {
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

class Connection::Stream final : public StreamWriter {
 public:
  Stream(Connection& connection, Framing framing) : connection_(connection), framing_(framing) {}

  asio::awaitable<bool> write(std::string bytes) override {
    if (!is_alive_ || connection_.is_client_gone()) co_return is_alive_ = false;
    if (bytes.empty()) co_return true;  // As a chunk it would end the body.
    if (framing_ == Framing::kChunked) bytes = chunk(bytes);
    const Pieces pieces = {asio::buffer(bytes)};
    is_alive_ = co_await connection_.write(pieces);
    co_return is_alive_;
  }

  asio::awaitable<bool> finish() {
    if (framing_ != Framing::kChunked || !is_alive_) co_return is_alive_;
    static constexpr std::string_view kLastChunk = "0\r\n\r\n";
    const Pieces pieces = {asio::buffer(kLastChunk)};
    co_return co_await connection_.write(pieces);
  }

 private:
  static std::string chunk(std::string_view bytes) {
    std::array<char, 2 * sizeof(std::size_t)> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), bytes.size(), 16).ptr;
    std::string out;
    out.reserve(bytes.size() + digits.size() + 4);
    return out.append(digits.begin(), end).append("\r\n").append(bytes).append("\r\n");
  }

  Connection& connection_;
  Framing framing_;
  bool is_alive_ = true;
};

asio::awaitable<bool> Connection::send_stream(Response response) {
  const Framing framing = framing_of(response);
  const std::string head = head_of(response);
  const Pieces pieces = {asio::buffer(head)};
  const bool is_written = co_await write(pieces);
  if (!is_written) co_return false;
  if (!response.stream || head_only_ || is_bodiless(response.status)) co_return true;
  Stream stream(*this, framing);
  std::string what;
  try {
    co_await response.stream(stream);
    co_return co_await stream.finish();
  } catch (const std::exception& e) {
    what = e.what();
  }
  // The status has gone out long ago; a body without its end is the only way to say it.
  log::error("a response stream failed", {
                                             {"what", what}
  });
  co_return false;
}

}  // namespace engine::http
