#include <exception>
#include <memory>
#include <utility>

#include "api/api.h"
#include "api/guard.h"
#include "api/handlers.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "http/router.h"

namespace engine::api {
namespace {

using Function = Answer (*)(ContextPtr, OwnerId, http::Request);

enum class Access { kOpen, kToken };  // kToken: where tokens are configured.

void count(const Context& context, const http::Request& request, int status, SteadyTime begin) {
  const auto duration = context.options.clock->steady() - begin;
  const std::string route = request.route.empty() ? "unmatched" : request.route;
  context.engine.metrics().http_request(request.method, route, status,
                                        std::chrono::duration_cast<Microseconds>(duration));
}

std::optional<OwnerId> owner_of(const Context& context, const http::Request& request) {
  const std::string* header = request.header("Authorization");
  const auto token = header == nullptr ? std::nullopt : bearer_token(*header);
  return token ? context.options.tokens->owner_of(*token) : std::nullopt;
}

http::Response unauthorized(const http::Request& request) {
  const bool tried = request.header("Authorization") != nullptr;
  auto response = refuse(wording_of(request.path), 401,
                         tried ? "the bearer token is not valid"
                               : "a bearer token is needed in the Authorization header");
  response.headers.emplace_back("WWW-Authenticate",
                                tried ? "Bearer error=\"invalid_token\"" : "Bearer");
  return response;
}

// A route's coroutine within what all routes share: the login, the last resort, the count.
Answer call(ContextPtr context, Access access, Function function, http::Request request) {
  const SteadyTime begin = context->options.clock->steady();
  http::Request seen;  // What is needed when the handler has taken the request.
  seen.method = request.method;
  seen.route = request.route;
  seen.path = request.path;

  std::optional<OwnerId> owner = OwnerId{};
  if (access == Access::kToken && context->options.tokens != nullptr) {
    owner = owner_of(*context, request);
  }
  http::Response response;
  if (!owner) {
    response = unauthorized(request);
  } else {
    try {
      response = co_await function(context, *std::move(owner), std::move(request));
    } catch (const std::exception& bug) {
      const Error error{Errc::kInternal, bug.what(), {}};
      response = refuse(wording_of(seen.path), error, context->options.retry_after);
    }
  }
  count(*context, seen, response.status, begin);
  co_return response;
}

http::Router make_router(const ContextPtr& context) {
  http::Router router([context](const http::Request& request, int status, std::string message) {
    count(*context, request, status, context->options.clock->steady());
    return refuse(wording_of(request.path), status, message);
  });
  const auto on = [&](const char* method, const char* pattern, Access access, Function function) {
    router.on(method, pattern, [context, access, function](http::Request request) {
      return call(context, access, function, std::move(request));
    });
  };
  on("GET", "/healthz", Access::kOpen, show_health);
  on("GET", "/readyz", Access::kOpen, show_readiness);
  on("GET", "/metrics", Access::kToken, show_metrics);
  if (context->options.operator_only) return router;
  on("POST", "/api/v1/submission", Access::kToken, upload_source);
  on("POST", "/api/v1/submission/url", Access::kToken, upload_url);
  on("GET", "/api/v1/submission/url", Access::kToken, show_executed_url);
  on("POST", "/api/v1/submissions", Access::kToken, create_submission);
  on("GET", "/api/v1/submissions/{}", Access::kToken, show_submission);
  on("DELETE", "/api/v1/submissions/{}", Access::kToken, cancel_submission);
  on("GET", "/api/v1/submissions/{}/events", Access::kToken, stream_events);
  on("GET", "/api/v1/languages", Access::kToken, list_languages);
  on("GET", "/files/{*}", Access::kOpen, download_file);  // The signature is the login.
  return router;
}

Answer ready(http::Response response) {
  co_return response;
}

}  // namespace

http::Handler make_api(Engine& engine, Pools pools, ApiOptions options) {
  const ContextPtr context(new Context{engine, pools.blocking, pools.fetching, std::move(options)});
  const auto router = std::make_shared<const http::Router>(make_router(context));
  return [context, router](http::Request request) -> Answer {
    if (context->options.loopback_only) {
      if (const auto why = foreign_request(request, context->options.public_url)) {
        count(*context, request, 403, context->options.clock->steady());
        return ready(refuse(wording_of(request.path), 403, *why));
      }
    }
    return router->handle(std::move(request));
  };
}

http::Response refusal(int status, std::string_view message) {
  JsonWriter json;
  json.begin_object().member("message", message);
  json.key("error").begin_object();
  json.member("code", error_word(status));
  json.member("message", message).member("field", std::nullopt);
  json.end_object().end_object();
  auto response = json_response(status, json.take());
  if (status == 503) {
    const auto seconds = std::to_string(ApiOptions{}.retry_after.count());
    response.headers.emplace_back("Retry-After", seconds);
  }
  return response;
}

}  // namespace engine::api
