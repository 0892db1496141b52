#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/http.h"

namespace engine::http {

// Finds the handler of a request by method and path. A pattern is a path whose "{}" parts match one
// segment each, never an empty one, and a last "{*}" all the rest, which may be empty. Of several
// routes that match, the first stands. Unknown path: 404; known path, other method: 405 with Allow.
// HEAD is served by GET, and the server leaves the body out.
class Router {
 public:
  // `refusal` words the 404 and the 405.
  using Refusal = std::function<Response(const Request&, int status, std::string message)>;
  explicit Router(Refusal refusal);

  Router& on(std::string method, std::string pattern, Handler handler);

  // The Router outlives what this returns. Throws what the handler throws.
  boost::asio::awaitable<Response> handle(Request request) const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> parts;
    Handler handler;
  };
  std::vector<Route> routes_;
  Refusal refusal_;
};

}  // namespace engine::http
