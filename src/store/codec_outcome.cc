#include <array>
#include <stdexcept>

#include "store/codec.h"
#include "store/json_value.h"

namespace engine {
namespace {

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

void put_text(JsonWriter& json, const Text& text) {
  json.begin_object();
  json::put_bytes(json.key("head"), text.head);
  json.member("size", text.size).member("truncated", text.truncated);
  json::put_bytes(json.key("object"), text.object);
  json.end_object();
}

Text text_from_json(const Value& value) {
  return {
      .head = json::to_bytes(value.at("head")),
      .size = {value.at("size").as_int64()},
      .truncated = value.at("truncated").as_bool(),
      .object = json::to_bytes(value.at("object")),
  };
}

void put_output_file(JsonWriter& json, const OutputFile& file) {
  json.begin_object();
  json::put_bytes(json.key("name"), file.name);
  json.member("size", file.size);
  json::put_bytes(json.key("object"), file.object);
  json::put_bytes(json.key("problem"), file.problem);
  json.end_object();
}

OutputFile output_file_from_json(const Value& value) {
  return {
      .name = json::to_bytes(value.at("name")),
      .size = {value.at("size").as_int64()},
      .object = json::to_bytes(value.at("object")),
      .problem = json::to_bytes(value.at("problem")),
  };
}

void put_usage(JsonWriter& json, const Usage& usage) {
  json.begin_object();
  json.member("cpuUs", usage.cpu_time.count()).member("wallUs", usage.wall_time.count());
  json.member("memory", usage.memory).member("processes", usage.processes).end_object();
}

Usage usage_from_json(const Value& value) {
  return {
      .cpu_time = Microseconds{value.at("cpuUs").as_int64()},
      .wall_time = Microseconds{value.at("wallUs").as_int64()},
      .memory = {value.at("memory").as_int64()},
      .processes = value.at("processes").to_number<int>(),
  };
}

void put_run(JsonWriter& json, const RunOutcome& run) {
  json.begin_object();
  json::put_bytes(json.key("test"), run.test);
  json.member("verdict", to_string(run.verdict));
  json.member("exit", run.exit_code).member("signal", run.signal);
  json.member("timeLimit", time_limit_word(run.time_limit));
  put_text(json.key("stdout"), run.stdout_text);
  put_text(json.key("stderr"), run.stderr_text);
  json::put_each(json.key("files"), run.files, put_output_file);
  put_usage(json.key("usage"), run.usage);
  json.member("repeated", run.repeated).end_object();
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

void put_compile(JsonWriter& json, const CompileOutcome& compile) {
  json.begin_object().member("verdict", to_string(compile.verdict));
  json.member("exit", compile.exit_code).member("signal", compile.signal);
  json.member("timeLimit", time_limit_word(compile.time_limit));
  put_text(json.key("output"), compile.output);
  put_usage(json.key("usage"), compile.usage);
  json.member("cached", compile.cached).end_object();
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

void put_phases(JsonWriter& json, const Phases& phases) {
  json.begin_object();
  json.member("queuedUs", phases.queued.count()).member("preparingUs", phases.preparing.count());
  json.member("compilingUs", phases.compiling.count());
  json.member("runningUs", phases.running.count()).end_object();
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
  JsonWriter json;
  json.begin_object().member("v", json::kVersion).member("verdict", to_string(outcome.verdict));
  json::put_bytes(json.key("reason"), outcome.reason);
  json::put_bytes(json.key("languageVersion"), outcome.language_version);
  if (outcome.compile) put_compile(json.key("compile"), *outcome.compile);
  json::put_each(json.key("runs"), outcome.runs, put_run);
  put_phases(json.key("phases"), outcome.phases);
  json::put_bytes(json.key("log"), outcome.log_object);
  json.end_object();
  return json.take();
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
