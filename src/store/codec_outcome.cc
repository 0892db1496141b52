#include <array>
#include <stdexcept>

#include <boost/json/serialize.hpp>

#include "store/codec.h"
#include "store/json_value.h"

namespace engine {
namespace {

using json::Arena;
using json::Value;

constexpr std::array<const char*, 3> kTimeLimits = {"none", "cpu", "wall"};

TimeLimit time_limit_from_json(const Value& value) {
  const std::string word = json::to_text(value);
  for (std::size_t i = 0; i < kTimeLimits.size(); ++i) {
    if (word == kTimeLimits[i]) return static_cast<TimeLimit>(i);
  }
  throw std::invalid_argument("unknown time limit");
}

const char* time_limit_word(TimeLimit limit) {
  return kTimeLimits[static_cast<std::size_t>(limit)];
}

Verdict verdict_from_json(const Value& value) {
  const auto verdict = verdict_from(json::to_text(value));
  if (!verdict) throw std::invalid_argument("unknown verdict");
  return *verdict;
}

Value text_to_json(const Text& text, Arena& arena) {
  return json::make_object(
      {
          {"head", json::from_bytes(text.head, arena)},
          {"size", text.size.count},
          {"truncated", text.truncated},
          {"object", json::from_bytes(text.object, arena)}
  },
      arena);
}

Text text_from_json(const Value& value) {
  return {
      .head = json::to_bytes(value.at("head")),
      .size = {value.at("size").as_int64()},
      .truncated = value.at("truncated").as_bool(),
      .object = json::to_bytes(value.at("object")),
  };
}

Value output_file_to_json(const OutputFile& file, Arena& arena) {
  return json::make_object(
      {
          {"name", json::from_bytes(file.name, arena)},
          {"size", file.size.count},
          {"object", json::from_bytes(file.object, arena)},
          {"problem", json::from_bytes(file.problem, arena)}
  },
      arena);
}

OutputFile output_file_from_json(const Value& value) {
  return {
      .name = json::to_bytes(value.at("name")),
      .size = {value.at("size").as_int64()},
      .object = json::to_bytes(value.at("object")),
      .problem = json::to_bytes(value.at("problem")),
  };
}

Value usage_to_json(const Usage& usage, Arena& arena) {
  return json::make_object(
      {
          {"cpuUs",     usage.cpu_time.count() },
          {"wallUs",    usage.wall_time.count()},
          {"memory",    usage.memory.count     },
          {"processes", usage.processes        }
  },
      arena);
}

Usage usage_from_json(const Value& value) {
  return {
      .cpu_time = Microseconds{value.at("cpuUs").as_int64()},
      .wall_time = Microseconds{value.at("wallUs").as_int64()},
      .memory = {value.at("memory").as_int64()},
      .processes = value.at("processes").to_number<int>(),
  };
}

Value run_to_json(const RunOutcome& run, Arena& arena) {
  return json::make_object(
      {
          {"test", json::from_bytes(run.test, arena)},
          {"verdict", to_string(run.verdict)},
          {"exit", run.exit_code},
          {"signal", run.signal},
          {"timeLimit", time_limit_word(run.time_limit)},
          {"stdout", text_to_json(run.stdout_text, arena)},
          {"stderr", text_to_json(run.stderr_text, arena)},
          {"files", json::from_each(run.files, arena, output_file_to_json)},
          {"usage", usage_to_json(run.usage, arena)},
          {"repeated", run.repeated}
  },
      arena);
}

RunOutcome run_from_json(const Value& value) {
  return {
      .test = json::to_bytes(value.at("test")),
      .verdict = verdict_from_json(value.at("verdict")),
      .exit_code = value.at("exit").to_number<int>(),
      .signal = value.at("signal").to_number<int>(),
      .time_limit = time_limit_from_json(value.at("timeLimit")),
      .stdout_text = text_from_json(value.at("stdout")),
      .stderr_text = text_from_json(value.at("stderr")),
      .files = json::to_each(value.at("files"), output_file_from_json),
      .usage = usage_from_json(value.at("usage")),
      .repeated = value.at("repeated").as_bool(),
  };
}

Value compile_to_json(const CompileOutcome& compile, Arena& arena) {
  return json::make_object(
      {
          {"verdict", to_string(compile.verdict)},
          {"exit", compile.exit_code},
          {"signal", compile.signal},
          {"timeLimit", time_limit_word(compile.time_limit)},
          {"output", text_to_json(compile.output, arena)},
          {"usage", usage_to_json(compile.usage, arena)},
          {"cached", compile.cached}
  },
      arena);
}

CompileOutcome compile_from_json(const Value& value) {
  return {
      .verdict = verdict_from_json(value.at("verdict")),
      .exit_code = value.at("exit").to_number<int>(),
      .signal = value.at("signal").to_number<int>(),
      .time_limit = time_limit_from_json(value.at("timeLimit")),
      .output = text_from_json(value.at("output")),
      .usage = usage_from_json(value.at("usage")),
      .cached = value.at("cached").as_bool(),
  };
}

Value phases_to_json(const Phases& phases, Arena& arena) {
  return json::make_object(
      {
          {"queuedUs",    phases.queued.count()   },
          {"preparingUs", phases.preparing.count()},
          {"compilingUs", phases.compiling.count()},
          {"runningUs",   phases.running.count()  }
  },
      arena);
}

Phases phases_from_json(const Value& value) {
  return {
      .queued = Microseconds{value.at("queuedUs").as_int64()},
      .preparing = Microseconds{value.at("preparingUs").as_int64()},
      .compiling = Microseconds{value.at("compilingUs").as_int64()},
      .running = Microseconds{value.at("runningUs").as_int64()},
  };
}

Outcome outcome_from_json(const Value& value) {
  if (value.at("v").as_int64() != json::kVersion) throw std::invalid_argument("unknown version");
  Outcome outcome{
      .verdict = verdict_from_json(value.at("verdict")),
      .reason = json::to_bytes(value.at("reason")),
      .language_version = json::to_bytes(value.at("languageVersion")),
      .runs = json::to_each(value.at("runs"), run_from_json),
      .phases = phases_from_json(value.at("phases")),
      .log_object = json::to_bytes(value.at("log")),
  };
  if (const Value* compile = value.as_object().if_contains("compile")) {
    outcome.compile = compile_from_json(*compile);
  }
  return outcome;
}

// Every stream of an outcome is in its log; one that is longer than its head is an object too.
std::int64_t stored_size(const Text& text, bool in_log) {
  return (in_log ? text.size.count : 0) + (text.object.empty() ? 0 : text.size.count);
}

}  // namespace

std::string encode(const Outcome& outcome) {
  Arena arena;
  json::Object object(arena.storage());
  object.reserve(8);
  object["v"] = json::kVersion;
  object["verdict"] = to_string(outcome.verdict);
  object["reason"] = json::from_bytes(outcome.reason, arena);
  object["languageVersion"] = json::from_bytes(outcome.language_version, arena);
  if (outcome.compile) object["compile"] = compile_to_json(*outcome.compile, arena);
  object["runs"] = json::from_each(outcome.runs, arena, run_to_json);
  object["phases"] = phases_to_json(outcome.phases, arena);
  object["log"] = json::from_bytes(outcome.log_object, arena);
  return boost::json::serialize(object);
}

Result<Outcome> decode_outcome(std::string_view text) {
  return json::parse(text, "a stored outcome", outcome_from_json);
}

Bytes output_bytes(const Outcome& outcome) {
  const bool in_log = !outcome.log_object.empty();
  std::int64_t total = outcome.compile ? stored_size(outcome.compile->output, in_log) : 0;
  for (const RunOutcome& run : outcome.runs) {
    total += stored_size(run.stdout_text, in_log) + stored_size(run.stderr_text, in_log);
    for (const OutputFile& file : run.files)
      total += file.object.empty() ? 0 : file.size.count;
  }
  return {total};
}

}  // namespace engine
