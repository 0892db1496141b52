#include "api/outcome_json.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/json_writer.h"

namespace engine::api {
namespace {

std::optional<std::string_view> word(TimeLimit limit) {
  switch (limit) {
    case TimeLimit::kNone: return std::nullopt;
    case TimeLimit::kCpu: return "cpu";
    case TimeLimit::kWall: return "wall";
  }
  return std::nullopt;
}

std::optional<std::string_view> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// The head as text, if it is UTF-8 but for a character that our own cut went through.
std::optional<std::string_view> as_utf8(const Text& text) {
  const std::string_view head = text.head;
  if (is_utf8(head)) return head;
  const bool cut = text.truncated || text.size.count > static_cast<std::int64_t>(head.size());
  if (!cut) return std::nullopt;
  const std::string_view whole_characters = utf8_prefix(head, head.size() - 1);
  return is_utf8(whole_characters) ? std::optional(whole_characters) : std::nullopt;
}

// One submission's way into JSON. Keeps the first failure of a link.
class Rendering {
 public:
  explicit Rendering(const LinkTo& link_to) : link_to_(link_to) {}

  Result<std::string> render(const Record& record) {
    json_.begin_object();
    write_life(record);
    write_outcome(record.outcome);
    json_.end_object();
    if (!links_) return links_.error();
    return json_.take();
  }

 private:
  void write_life(const Record& record) {
    json_.member("id", record.id.text);
    json_.member("state", to_string(record.state));
    json_.member("attempt", record.attempt);
    json_.member("priority", record.priority);
    json_.member("createdAt", iso8601(record.created_at));
    write_time("startedAt", record.started_at);
    write_time("finishedAt", record.finished_at);
    json_.member("language", record.language);
  }

  void write_outcome(const std::optional<Outcome>& outcome) {
    const Outcome nothing;
    const Outcome& known = outcome ? *outcome : nothing;
    json_.member("languageVersion", unless_empty(known.language_version));
    json_.member("verdict", outcome ? std::optional(to_string(known.verdict)) : std::nullopt);
    json_.member("reason", unless_empty(known.reason));
    json_.key("compile");
    write_compile(known.compile);
    json_.key("runs").begin_array();
    for (const RunOutcome& run : known.runs)
      write_run(run);
    json_.end_array();
    json_.key("phases");
    write_phases(outcome ? std::optional(known.phases) : std::nullopt);
    write_link("executedUrl", known.log_object);
  }

  void write_compile(const std::optional<CompileOutcome>& compile) {
    if (!compile) {
      json_.value(std::nullopt);
      return;
    }
    json_.begin_object();
    write_end(*compile);
    write_text("output", compile->output);
    write_usage(compile->usage);
    json_.member("cached", compile->cached);
    json_.end_object();
  }

  void write_run(const RunOutcome& run) {
    json_.begin_object();
    json_.member("name", run.test);
    write_end(run);
    write_text("stdout", run.stdout_text);
    write_text("stderr", run.stderr_text);
    json_.key("files").begin_array();
    for (const OutputFile& file : run.files)
      write_file(file);
    json_.end_array();
    write_usage(run.usage);
    json_.member("repeated", run.repeated);
    json_.end_object();
  }

  // How a compile or a run ended. An exit code exists only where no signal ended it.
  template <typename Run>
  void write_end(const Run& run) {
    json_.member("verdict", to_string(run.verdict));
    json_.member("exitCode", run.signal == 0 ? std::optional(run.exit_code) : std::nullopt);
    json_.member("signal", run.signal != 0 ? std::optional(run.signal) : std::nullopt);
    json_.member("timeLimit", word(run.time_limit));
  }

  void write_text(const std::string& name, const Text& text) {
    const auto readable = as_utf8(text);
    json_.member(name, readable ? std::string(*readable) : to_base64(text.head));
    json_.member(name + "Encoding", readable ? "utf8" : "base64");
    json_.member(name + "Bytes", text.size);
    json_.member(name + "Truncated", text.truncated);
    write_link(name + "Url", text.object);
  }

  void write_file(const OutputFile& file) {
    json_.begin_object();
    json_.member("name", file.name);
    json_.member("sizeBytes", file.size);
    write_link("url", file.object);
    json_.member("problem", unless_empty(file.problem));
    json_.end_object();
  }

  void write_usage(const Usage& usage) {
    json_.key("usage").begin_object();
    json_.member("cpuTimeMs", usage.cpu_time);
    json_.member("wallTimeMs", usage.wall_time);
    json_.member("memoryBytes", usage.memory);
    json_.member("processes", usage.processes);
    json_.end_object();
  }

  void write_phases(const std::optional<Phases>& phases) {
    if (!phases) {
      json_.value(std::nullopt);
      return;
    }
    json_.begin_object();
    json_.member("queuedMs", phases->queued);
    json_.member("preparingMs", phases->preparing);
    json_.member("compilingMs", phases->compiling);
    json_.member("runningMs", phases->running);
    json_.end_object();
  }

  void write_time(std::string_view name, const std::optional<WallTime>& time) {
    json_.member(name, time ? std::optional(iso8601(*time)) : std::nullopt);
  }

  void write_link(std::string_view name, const std::string& object) {
    std::string url;
    if (!object.empty() && links_) {
      auto link = link_to_(object);
      if (link) {
        url = *std::move(link);
      } else {
        links_ = std::move(link).error();
      }
    }
    json_.member(name, unless_empty(url));
  }

  const LinkTo& link_to_;
  JsonWriter json_;
  Status links_ = Ok{};
};

}  // namespace

Result<std::string> submission_json(const Record& record, const LinkTo& link_to) {
  return Rendering(link_to).render(record);
}

std::string iso8601(WallTime time) {
  const auto since_epoch = std::chrono::floor<Milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto fraction = static_cast<int>((since_epoch - seconds).count());
  const std::time_t whole = seconds.count();
  std::tm parts{};
  (void)::gmtime_r(&whole, &parts);
  char text[48];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  (void)std::snprintf(text + length, sizeof text - length, ".%03dZ", fraction);
  return text;
}

}  // namespace engine::api
