#include "output/gcs_peer.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/random.h"

namespace engine::gcs {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestReason = 300;

// A service's own words, fit for one line of a message.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kLongestReason));
  const auto is_strange = [](char c) { return c < 0x20 || c > 0x7e; };
  std::ranges::replace_if(line, is_strange, ' ');
  return line;
}

// Storage says {"error": {"message": ...}}, the token service {"error": "..", "error_description":
// ..}.
std::string reason_of(const http::ClientAnswer& answer) {
  boost::system::error_code broken;
  const json::value value = json::parse(answer.body, broken);
  const json::object* object = broken ? nullptr : value.if_object();
  if (object == nullptr) return {};
  if (const auto* error = object->if_contains("error"); error != nullptr && error->is_object()) {
    return text_of(error->get_object(), "message");
  }
  const std::string description = text_of(*object, "error_description");
  return description.empty() ? text_of(*object, "error") : description;
}

std::string_view kind_of(int status) {
  if (status == 408) return "408";
  if (status == 429) return "429";
  return "5xx";
}

// From 0 to below 1.
double chance() {
  const std::string bytes = random_bytes(sizeof(std::uint32_t));
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number / 4294967296.0;
}

}  // namespace

bool may_pass(int status) {
  return status == 408 || status == 429 || status >= 500;
}

void Peer::pause(int attempt) const {
  Milliseconds most = options_.first_pause;
  for (int i = 1; i < attempt && most < options_.longest_pause; ++i)
    most *= 2;
  most = std::min(most, options_.longest_pause);
  // At least half of it, so that a hurt service is left alone; the rest by chance, so that many
  // clients do not come back at once.
  const auto half = most / 2;
  const Milliseconds time(half.count() +
                          static_cast<std::int64_t>(static_cast<double>(half.count()) * chance()));
  if (options_.sleep) {
    options_.sleep(time);
  } else {
    std::this_thread::sleep_for(time);
  }
}

Result<http::ClientAnswer> Peer::send_once(const http::ClientRequest& request) const {
  return client_.request(request);
}

Result<http::ClientAnswer> Peer::send(const http::ClientRequest& request) const {
  for (int attempt = 1;; ++attempt) {
    auto answer = send_once(request);
    const bool again =
        answer ? may_pass(answer->status) : answer.error().code == Errc::kUnavailable;
    if (!again) return answer;
    if (attempt >= options_.attempts) {
      if (!answer) return answer;
      return refusal(*answer, "Google's service");
    }
    options_.on_retry(answer ? kind_of(answer->status) : "connection");
    pause(attempt);
  }
}

Error refusal(const http::ClientAnswer& answer, const std::string& what) {
  std::string message = what + " answers with status " + std::to_string(answer.status);
  if (const std::string reason = reason_of(answer); !reason.empty()) {
    message += ": " + one_line(reason);
  }
  return {Errc::kUnavailable, std::move(message), {}};
}

Result<json::object> json_object(const http::ClientAnswer& answer, const std::string& what) {
  boost::system::error_code broken;
  json::value value = json::parse(answer.body, broken);
  if (broken || !value.is_object()) {
    return Error{Errc::kUnavailable, what + " gave an answer that cannot be understood", {}};
  }
  return std::move(value.get_object());
}

std::string text_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_int64()) return std::to_string(value->get_int64());
  return {};
}

}  // namespace engine::gcs
