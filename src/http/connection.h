#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <stop_token>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <poll.h>

#include "http/http.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/server_state.h"

namespace engine::http {

// What a coroutine waits with that has a code to look at instead of an exception to catch.
inline constexpr auto kUseTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

// One client's connection: reads requests, has them answered one after the other, and writes the
// answers. It has one deadline at a time; ServerState's sweep looks after all of them, because a
// timer for each read and write would cost more than the reads and writes.
class Connection {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  boost::asio::awaitable<void> run();                    // Until either side closes.
  boost::asio::awaitable<void> turn_away(Fault reason);  // Answers without having read.

  void expire_at(std::chrono::steady_clock::time_point now);  // Ends it when its deadline passed.
  void close_if_idle();

  // For the sweep: what poll() is to look for, if a handler has been at work since the last sweep;
  // fd -1: nothing. And what it has seen. A client that has closed is gone. One that has shut down
  // its sending side looks the same, and may want its answer still: it is sent a "100 Continue",
  // which clients ignore, and to which the system of one that has closed says so.
  pollfd watch();
  void seen(short events);

 private:
  class Stream;
  using Pieces = std::array<boost::asio::const_buffer, 2>;

  boost::asio::awaitable<bool> receive();
  boost::asio::awaitable<bool> await_first_byte();
  boost::asio::awaitable<bool> receive_header();
  boost::asio::awaitable<bool> receive_body();
  boost::asio::awaitable<bool> read_more(std::size_t most);
  void feed_parser();

  boost::asio::awaitable<Response> answer(Request request);
  boost::asio::awaitable<bool> send(Response response);
  boost::asio::awaitable<bool> send_whole(Response response);
  boost::asio::awaitable<bool> send_stream(Response response);
  boost::asio::awaitable<bool> write(Pieces pieces);
  boost::asio::awaitable<void> linger();
  std::string head_of(Response& response);
  Framing framing_of(const Response& response) const;
  bool is_client_gone();

  void expires_after(Milliseconds patience);
  void never_expires();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<ServerState> state_;
  std::list<Connection*>::iterator place_;
  boost::beast::flat_buffer input_;
  std::unique_ptr<RequestParser> parser_;  // Only while a request is received.
  std::chrono::steady_clock::time_point deadline_;
  bool is_expired_ = false;
  bool is_idle_ = false;
  bool is_answering_ = false;  // A handler is at work, ...
  bool is_watched_ = false;    // ... since before the last sweep.
  bool is_probed_ = false;     // The client that is answered now.
  std::stop_source gone_;
  // Of the request that is answered now:
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool head_only_ = false;
};

}  // namespace engine::http
