#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/http.h"

namespace engine::http {

class Connection;

// What all connections of one server share. Used on the executor's thread only.
struct ServerState {
  ServerState(const boost::asio::any_io_executor& executor, ServerOptions server_options,
              Handler request_handler);

  Response refusal(int status, std::string_view message) const;
  std::string_view date();  // The present second, as HTTP writes it.

  const ServerOptions options;
  const Handler handler;
  std::list<Connection*> connections;
  boost::asio::steady_timer sweep;  // Wakes the coroutine that ends what passed its deadline.
  bool is_draining = false;
  Bytes bodies_held;  // Of all requests that are being received now.

 private:
  std::int64_t date_second_ = 0;
  std::string date_;
};

}  // namespace engine::http
