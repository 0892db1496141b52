#include "docker/engine_client.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace engine::docker {
namespace {

namespace json = boost::json;

using Version = std::pair<int, int>;
constexpr Version kOldest{1, 41};  // Docker Engine 20.10.
constexpr Version kNewest{1, 52};  // The last whose calls were looked at.

std::optional<Version> read_version(std::string_view text) {
  Version version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return {};
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc() || minor.ptr != end) return {};
  return version;
}

std::string to_text(const Version& version) {
  return std::to_string(version.first) + "." + std::to_string(version.second);
}

std::string encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/:@").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<json::object> parse_object(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (!error && value.is_object()) return std::move(value).as_object();
  return Error{Errc::kUnavailable, "docker: the engine's answer is not the JSON it should be", {}};
}

// Members that are absent or of another type count as empty.
std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string reason_of(const std::string& body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (!error && value.is_object()) return text_of(value.get_object(), "message");
  return body.substr(0, 200);
}

Errc code_of(int status) {
  switch (status) {
    case 404: return Errc::kNotFound;
    case 409: return Errc::kConflict;
    default: return status >= 500 ? Errc::kUnavailable : Errc::kInternal;
  }
}

}  // namespace

Status EngineClient::negotiate() {
  TRY(Connection ping, Connection::open(address_, deadline()));
  TRY(const auto pong, ping.exchange({.method = "GET", .target = "/_ping"}, deadline()));
  const auto most = read_version(pong.version);
  if (pong.status != 200 || !most) {
    return Error{Errc::kUnavailable, "docker: whatever answers there is no Docker Engine", {}};
  }
  TRY(Connection ask, Connection::open(address_, deadline()));
  TRY(const auto answer, ask.exchange({.method = "GET", .target = "/version"}, deadline()));
  TRY(const json::object facts, parse_object(answer.body));
  const auto least = read_version(text_of(facts, "MinAPIVersion")).value_or(Version{1, 12});
  const Version chosen = std::min(*most, kNewest);
  if (chosen < kOldest || chosen < least) {
    return Error{Errc::kInvalid,
                 "docker: the engine speaks API versions " + to_text(least) + " to " +
                     to_text(*most) + ", and " + to_text(kOldest) + " to " + to_text(kNewest) +
                     " are known here; use Docker Engine 20.10 or newer",
                 {}};
  }
  const std::lock_guard lock(mutex_);
  version_ = "/v" + to_text(chosen);
  return Ok{};
}

std::string EngineClient::versioned(const std::string& target) const {
  const std::lock_guard lock(mutex_);
  return version_ + target;
}

Result<std::string> EngineClient::call(const Connection::Request& request) const {
  const Deadline until = deadline();
  TRY(Connection connection, Connection::open(address_, until));
  Connection::Request versioned_request = request;
  versioned_request.target = versioned(request.target);
  TRY(auto answer, connection.exchange(versioned_request, until));
  if (answer.status < 400) return std::move(answer.body);
  return Error{code_of(answer.status),
               "docker: " + reason_of(answer.body) + " (" + std::string(request.method) + " " +
                   request.target.substr(0, request.target.find('?')) + ": " +
                   std::to_string(answer.status) + ")",
               {}};
}

Result<json::object> EngineClient::get(const std::string& target) const {
  TRY(const std::string body, call({.method = "GET", .target = target}));
  return parse_object(body);
}

Result<json::object> EngineClient::info() const {
  return get("/info");
}

Result<json::object> EngineClient::image(const std::string& reference) const {
  return get("/images/" + encode(reference) + "/json");
}

Status EngineClient::make_volume(const std::string& name, const json::object& labels) const {
  const std::string body = json::serialize(json::object{
      {"Name",   name  },
      {"Labels", labels}
  });
  CHECK_OK(call({.method = "POST", .target = "/volumes/create", .body = body}));
  return Ok{};
}

Result<std::string> EngineClient::create(const json::object& container) const {
  const std::string body = json::serialize(container);
  TRY(const auto made, call({.method = "POST", .target = "/containers/create", .body = body}));
  TRY(const json::object answer, parse_object(made));
  std::string id = text_of(answer, "Id");
  const bool plain = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isalnum(c) != 0;
  });
  if (!plain) return Error{Errc::kUnavailable, "docker: a container without an id", {}};
  return id;
}

Status EngineClient::put_archive(const std::string& id, const std::string& path,
                                 std::string_view tar) const {
  CHECK_OK(call({.method = "PUT",
                 .target = "/containers/" + id + "/archive?path=" + encode(path),
                 .body = tar,
                 .content_type = "application/x-tar"}));
  return Ok{};
}

Status EngineClient::start(const std::string& id) const {
  CHECK_OK(call({.method = "POST", .target = "/containers/" + id + "/start"}));
  return Ok{};
}

Result<EngineClient::Stream> EngineClient::attach(const std::string& id) const {
  const Deadline until = deadline();
  TRY(Connection connection, Connection::open(address_, until));
  const std::string target = "/containers/" + id + "/attach?stream=1&stdin=1&stdout=1&stderr=1";
  TRY(const auto answer,
      connection.exchange({.method = "POST", .target = versioned(target), .upgrades = true},
                          until));
  if (answer.status != 101) {
    return Error{code_of(answer.status), "docker: attach: " + reason_of(answer.body), {}};
  }
  return Stream{connection.take_socket(), connection.take_rest()};
}

Result<EngineClient::State> EngineClient::state(const std::string& id) const {
  TRY(const json::object facts, get("/containers/" + id + "/json"));
  const json::value* found = facts.if_contains("State");
  if (found == nullptr || !found->is_object()) {
    return Error{Errc::kUnavailable, "docker: a container without a state", {}};
  }
  const json::object& state = found->get_object();
  const json::value* code = state.if_contains("ExitCode");
  return State{flag_of(state, "Running"), flag_of(state, "OOMKilled"),
               code != nullptr && code->is_int64() ? static_cast<int>(code->get_int64()) : -1};
}

Status EngineClient::await_end(const std::string& id) const {
  CHECK_OK(call({.method = "POST", .target = "/containers/" + id + "/wait"}));
  return Ok{};
}

Status EngineClient::remove(const std::string& id) const {
  const auto removed = call({.method = "DELETE", .target = "/containers/" + id + "?force=1&v=1"});
  if (removed || removed.error().code == Errc::kNotFound) return Ok{};
  // Somebody is removing it already.
  if (removed.error().code == Errc::kConflict) return Ok{};
  return removed.error();
}

Result<std::vector<EngineClient::Listed>> EngineClient::labelled(const std::string& label) const {
  const std::string filters = json::serialize(json::object{
      {"label", json::array{label}}
  });
  TRY(const std::string body,
      call({.method = "GET", .target = "/containers/json?all=1&filters=" + encode(filters)}));
  boost::system::error_code error;
  const json::value list = json::parse(body, error);
  if (error || !list.is_array()) {
    return Error{Errc::kUnavailable, "docker: a list of containers that is none", {}};
  }
  std::vector<Listed> found;
  for (const json::value& one : list.get_array()) {
    if (!one.is_object()) continue;
    const json::value* labels = one.get_object().if_contains("Labels");
    const bool has_labels = labels != nullptr && labels->is_object();
    found.push_back(
        {text_of(one.get_object(), "Id"), has_labels ? labels->get_object() : json::object()});
  }
  return found;
}

}  // namespace engine::docker
