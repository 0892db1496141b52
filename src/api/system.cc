#include <utility>

#include "api/handlers.h"
#include "api/languages_json.h"
#include "base/json_writer.h"
#include "http/offload.h"

namespace engine::api {
namespace {

std::string status_json(std::string_view status, const std::vector<std::string>& problems) {
  JsonWriter json;
  json.begin_object().member("status", status).key("problems").begin_array();
  for (const std::string& problem : problems)
    json.value(problem);
  json.end_array().end_object();
  return json.take();
}

}  // namespace

Answer list_languages(ContextPtr context, OwnerId, http::Request) {
  co_return json_response(200, languages_json(context->engine.offered()));
}

Answer show_health(ContextPtr, OwnerId, http::Request) {
  co_return json_response(200, R"({"status":"ok"})");
}

Answer show_readiness(ContextPtr context, OwnerId, http::Request) {
  auto call = [&] { return context->engine.problems(); };
  const auto problems = co_await http::offload(context->blocking, call);
  if (problems.empty()) co_return json_response(200, status_json("ready", problems));
  auto response = json_response(503, status_json("unready", problems));
  const auto retry_after = std::to_string(context->options.retry_after.count());
  response.headers.emplace_back("Retry-After", retry_after);
  co_return response;
}

Answer show_metrics(ContextPtr context, OwnerId, http::Request) {
  auto call = [&] { return context->engine.metrics().text(); };
  http::Response response;
  response.body = co_await http::offload(context->blocking, call);
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

}  // namespace engine::api
