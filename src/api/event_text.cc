#include "api/event_text.h"

#include <optional>

#include "base/encoding.h"
#include "base/json_writer.h"

namespace engine::api {
namespace {

std::string_view word(Progress::Phase phase) {
  switch (phase) {
    case Progress::Phase::kPreparing: return "preparing";
    case Progress::Phase::kCompiling: return "compiling";
    case Progress::Phase::kRunning: return "running";
  }
  return "unknown";
}

std::string_view word(sandbox::Stream stream) {
  return stream == sandbox::Stream::kStdout ? "stdout" : "stderr";
}

void write_test(JsonWriter& json, int test) {
  json.member("test", test >= 0 ? std::optional(test) : std::nullopt);
}

void write_usage(JsonWriter& json, const Event& event) {
  write_test(json, event.test);
  json.member("cpuTimeMs", event.usage.cpu_time);
  json.member("wallTimeMs", event.usage.wall_time);
  json.member("memoryBytes", event.usage.memory_now);
  json.member("memoryPeakBytes", event.usage.memory_peak);
  json.member("processes", event.usage.processes);
}

// A piece may end in the middle of a character; such a piece goes as base64, so that no byte is
// lost.
void write_output(JsonWriter& json, const Event& event) {
  write_test(json, event.test);
  const bool readable = is_utf8(event.bytes);
  json.member("stream", word(event.stream));
  json.member("text", readable ? event.bytes : to_base64(event.bytes));
  json.member("encoding", readable ? "utf8" : "base64");
}

}  // namespace

std::string event_text(std::uint64_t id, std::string_view name, std::string_view data) {
  std::string text = "id: " + std::to_string(id) + "\nevent: ";
  text.append(name).append("\ndata: ").append(data).append("\n\n");
  return text;
}

std::string_view event_name(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kState: return "state";
    case Event::Kind::kPhase: return "phase";
    case Event::Kind::kUsage: return "usage";
    case Event::Kind::kOutput: return "output";
  }
  return "unknown";
}

std::string event_json(const Event& event) {
  JsonWriter json;
  json.begin_object().member("attempt", event.attempt);
  switch (event.kind) {
    case Event::Kind::kState: json.member("state", to_string(event.state)); break;
    case Event::Kind::kPhase:
      json.member("phase", word(event.phase));
      write_test(json, event.test);
      break;
    case Event::Kind::kUsage: write_usage(json, event); break;
    case Event::Kind::kOutput: write_output(json, event); break;
  }
  json.end_object();
  return json.take();
}

}  // namespace engine::api
