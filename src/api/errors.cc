#include "api/errors.h"

#include <utility>

#include "base/json_writer.h"
#include "base/log.h"

namespace engine::api {
namespace {

int status_of(Errc code) {
  switch (code) {
    case Errc::kInvalid: return 400;
    case Errc::kNotFound: return 404;
    case Errc::kConflict: return 409;
    case Errc::kOverloaded:
    case Errc::kUnavailable: return 503;
    case Errc::kInternal: return 500;
    case Errc::kTooLarge: return 413;
    case Errc::kPeerFailed: return 502;
  }
  return 500;
}

// What a client may read of it: a sentence about our host is for the operator.
std::string_view public_message(const Error& error) {
  switch (error.code) {
    case Errc::kInternal: return "The engine failed; its log says why.";
    case Errc::kUnavailable: return "The engine cannot take this now; try again.";
    default: return error.message;
  }
}

}  // namespace

std::string_view error_word(int status) {
  switch (status) {
    case 400: return "invalid_request";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 408: return "request_timeout";
    case 409: return "conflict";
    case 410: return "gone";
    case 413: return "too_large";
    case 415: return "unsupported_media_type";
    case 417: return "expectation_failed";
    case 422: return "idempotency_conflict";
    case 431: return "headers_too_large";
    case 501: return "not_implemented";
    case 502: return "fetch_failed";
    case 503: return "unavailable";
    default: return status < 500 ? "invalid_request" : "internal_error";
  }
}

Wording wording_of(std::string_view path) {
  constexpr std::string_view kUploads = "/api/v1/submission";
  const bool upload = path == kUploads || path.starts_with("/api/v1/submission/");
  return upload ? Wording::kUpload : Wording::kFull;
}

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = {
      {"Cache-Control",          "no-store"},
      {"X-Content-Type-Options", "nosniff" },
  };
  return response;
}

http::Response refuse(Wording wording, int status, std::string_view message,
                      std::string_view field) {
  JsonWriter json;
  json.begin_object();
  if (wording == Wording::kUpload) {
    json.member("message", message);
  } else {
    json.key("error").begin_object();
    json.member("code", error_word(status));
    json.member("message", message);
    if (field.empty()) {
      json.member("field", std::nullopt);
    } else {
      json.member("field", field);
    }
    json.end_object();
  }
  json.end_object();
  return json_response(status, json.take());
}

http::Response refuse(Wording wording, const Error& error, std::chrono::seconds retry_after) {
  if (error.code == Errc::kInternal || error.code == Errc::kUnavailable) {
    log::warning("a request failed", {
                                         {"error", error.message}
    });
  }
  const int status = status_of(error.code);
  http::Response response = refuse(wording, status, public_message(error), error.field);
  if (status == 503) {
    response.headers.emplace_back("Retry-After", std::to_string(retry_after.count()));
  }
  return response;
}

}  // namespace engine::api
