#include "http/router.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace engine::http {
namespace {

constexpr std::string_view kSegment = "{}";
constexpr std::string_view kRest = "{*}";

// Without the leading '/': "/a/b" -> "a", "b"; "/" -> "".
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto part = path.substr(0, path.find('/'));
    parts.emplace_back(part);
    path.remove_prefix(part.size());
  }
  return parts;
}

// Takes the next "/segment" off `path`.
std::optional<std::string_view> next_segment(std::string_view& path) {
  if (path.empty() || path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

using Captures = std::vector<std::string>;

std::optional<Captures> match(const std::vector<std::string>& parts, std::string_view path) {
  Captures captures;
  for (const std::string& part : parts) {
    if (part == kRest) {
      if (path.empty()) return std::nullopt;
      captures.emplace_back(path.substr(1));
      return captures;
    }
    const auto segment = next_segment(path);
    if (!segment) return std::nullopt;
    if (part == kSegment) {
      if (segment->empty()) return std::nullopt;
      captures.emplace_back(*segment);
    } else if (part != *segment) {
      return std::nullopt;
    }
  }
  if (!path.empty()) return std::nullopt;
  return captures;
}

boost::asio::awaitable<Response> ready(Response response) {
  co_return response;
}

bool serves(const std::string& route_method, const std::string& method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

void allow(std::string& methods, const std::string& method) {
  if (!methods.empty()) methods += ", ";
  methods += method == "GET" ? "GET, HEAD" : method;
}

}  // namespace

Router::Router(Refusal refusal) : refusal_(std::move(refusal)) {}

Router& Router::on(std::string method, std::string pattern, Handler handler) {
  auto parts = split(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(parts), std::move(handler)});
  return *this;
}

boost::asio::awaitable<Response> Router::handle(Request request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    auto captures = match(route.parts, request.path);
    if (!captures) continue;
    request.route = route.pattern;
    if (serves(route.method, request.method)) {
      request.captures = *std::move(captures);
      return route.handler(std::move(request));
    }
    allow(allowed, route.method);
  }
  if (allowed.empty()) return ready(refusal_(request, 404, "no such path"));
  Response response =
      refusal_(request, 405, "this path takes " + allowed + ", not " + request.method);
  response.headers.emplace_back("Allow", std::move(allowed));
  return ready(std::move(response));
}

}  // namespace engine::http
