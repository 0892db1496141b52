#include <algorithm>

#include <boost/json.hpp>

#include "api/event_text.h"
#include "base/encoding.h"

namespace engine::api {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

double number_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  return std::clamp(value->to_number<double>(error), 0.0, 1e15);
}

Bytes bytes_at(const json::object& object, std::string_view name) {
  return Bytes{static_cast<std::int64_t>(number_at(object, name))};
}

Microseconds time_at(const json::object& object, std::string_view name) {
  return Microseconds{static_cast<std::int64_t>(number_at(object, name) * 1'000)};
}

std::optional<Progress::Phase> phase_from(std::string_view word) {
  if (word == "preparing") return Progress::Phase::kPreparing;
  if (word == "compiling") return Progress::Phase::kCompiling;
  if (word == "running") return Progress::Phase::kRunning;
  return std::nullopt;
}

// Tells the kinds apart by the member that only they have.
std::optional<Event> parse(const json::object& object) {
  Event event;
  event.attempt = static_cast<int>(std::min(number_at(object, "attempt"), 1e6));
  const auto* test = object.if_contains("test");
  event.test = test != nullptr && test->is_number()
                   ? static_cast<int>(std::min(number_at(object, "test"), 1e6))
                   : -1;
  if (object.contains("phase")) {
    const auto phase = phase_from(text_at(object, "phase"));
    if (!phase) return std::nullopt;
    event.kind = Event::Kind::kPhase;
    event.phase = *phase;
    return event;
  }
  if (object.contains("cpuTimeMs")) {
    event.kind = Event::Kind::kUsage;
    event.usage = {.cpu_time = time_at(object, "cpuTimeMs"),
                   .wall_time = time_at(object, "wallTimeMs"),
                   .memory_now = bytes_at(object, "memoryBytes"),
                   .memory_peak = bytes_at(object, "memoryPeakBytes"),
                   .processes = static_cast<int>(std::min(number_at(object, "processes"), 1e6))};
    return event;
  }
  if (!object.contains("stream")) return std::nullopt;
  event.kind = Event::Kind::kOutput;
  event.stream =
      text_at(object, "stream") == "stderr" ? sandbox::Stream::kStderr : sandbox::Stream::kStdout;
  event.bytes = text_at(object, "text");
  if (text_at(object, "encoding") != "base64") return event;
  auto bytes = from_base64(event.bytes);
  if (!bytes) return std::nullopt;
  event.bytes = *std::move(bytes);
  return event;
}

}  // namespace

std::vector<Event> parse_progress(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  const auto* object = error ? nullptr : document.if_object();
  const auto* list = object != nullptr ? object->if_contains("events") : nullptr;
  std::vector<Event> events;
  if (list == nullptr || !list->is_array()) return events;
  for (const json::value& element : list->get_array()) {
    if (!element.is_object()) continue;
    if (auto event = parse(element.get_object())) events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace engine::api
