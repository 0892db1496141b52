#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "http/http.h"

namespace engine::http {

// A server for tests on a free port of 127.0.0.1, with a thread of its own.
class TestServer {
 public:
  TestServer(Handler handler, ServerOptions options) {
    options.port = 0;
    auto server = make_server(io_.get_executor(), std::move(options), std::move(handler));
    if (!server) throw std::runtime_error(server.error().message);
    server_ = *std::move(server);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TestServer() {
    io_.stop();
    thread_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return server_->port(); }

  // Runs `work` on the server's thread and gives back what it returns.
  template <typename F>
  auto on_its_thread(F work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }
  void stop_accepting() {
    on_its_thread([this] { server_->stop_accepting(); });
  }
  std::size_t connections() {
    return on_its_thread([this] { return server_->connections(); });
  }
  boost::asio::io_context& io() { return io_; }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace engine::http
