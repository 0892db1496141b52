#include <stdexcept>

#include "store/codec.h"
#include "store/json_value.h"

namespace engine {
namespace {

using json::Value;

void put_list(JsonWriter& json, const std::vector<std::string>& list) {
  json::put_each(json, list, json::put_bytes);
}

std::vector<std::string> list_from_json(const Value& value) {
  return json::to_each(value, json::to_bytes);
}

void put_file(JsonWriter& json, const SourceFile& file) {
  json.begin_object();
  json::put_bytes(json.key("name"), file.name);
  json::put_bytes(json.key("content"), file.content);
  json.end_object();
}

SourceFile file_from_json(const Value& value) {
  return {.name = json::to_bytes(value.at("name")), .content = json::to_bytes(value.at("content"))};
}

void put_test(JsonWriter& json, const Test& test) {
  json.begin_object();
  json::put_bytes(json.key("name"), test.name);
  json::put_bytes(json.key("input"), test.input);
  if (test.expected_output) json::put_bytes(json.key("expected"), *test.expected_output);
  json.end_object();
}

Test test_from_json(const Value& value) {
  Test test{.name = json::to_bytes(value.at("name")), .input = json::to_bytes(value.at("input"))};
  if (const Value* expected = value.as_object().if_contains("expected")) {
    test.expected_output = json::to_bytes(*expected);
  }
  return test;
}

void put_limits(JsonWriter& json, const Limits& limits) {
  json.begin_object();
  json.member("cpuMs", limits.cpu_time.count()).member("wallMs", limits.wall_time.count());
  json.member("memory", limits.memory).member("stack", limits.stack);
  json.member("processes", limits.processes);
  json.member("output", limits.output).member("file", limits.file).member("disk", limits.disk);
  json.member("files", limits.files).end_object();
}

Limits limits_from_json(const Value& value) {
  return {
      .cpu_time = Milliseconds{value.at("cpuMs").as_int64()},
      .wall_time = Milliseconds{value.at("wallMs").as_int64()},
      .memory = {value.at("memory").as_int64()},
      .stack = {value.at("stack").as_int64()},
      .processes = value.at("processes").to_number<int>(),
      .output = {value.at("output").as_int64()},
      .file = {value.at("file").as_int64()},
      .disk = {value.at("disk").as_int64()},
      .files = value.at("files").to_number<int>(),
  };
}

// What older rows do not say is as it was then.
bool flag_from_json(const Value& value, std::string_view name, bool otherwise) {
  const Value* flag = value.as_object().if_contains(name);
  return flag == nullptr ? otherwise : flag->as_bool();
}

Submission submission_from_json(const Value& value) {
  if (value.at("v").as_int64() != json::kVersion) throw std::invalid_argument("unknown version");
  return {
      .id = {json::to_bytes(value.at("id"))},
      .owner = {json::to_bytes(value.at("owner"))},
      .language = json::to_bytes(value.at("language")),
      .options = list_from_json(value.at("options")),
      .files = json::to_each(value.at("files"), file_from_json),
      .entry = json::to_bytes(value.at("entry")),
      .args = list_from_json(value.at("args")),
      .tests = json::to_each(value.at("tests"), test_from_json),
      .output_files = list_from_json(value.at("outputFiles")),
      .priority = value.at("priority").to_number<int>(),
      .delay = Milliseconds{value.at("delayMs").as_int64()},
      .stop_on_failure = flag_from_json(value, "stopOnFailure", false),
      .warm = flag_from_json(value, "warm", true),
      .limits = limits_from_json(value.at("limits")),
      .compile_limits = limits_from_json(value.at("compileLimits")),
      .cache = flag_from_json(value, "cache", true),
  };
}

}  // namespace

std::string encode(const Submission& submission) {
  JsonWriter json;
  json.begin_object().member("v", json::kVersion);
  json::put_bytes(json.key("id"), submission.id.text);
  json::put_bytes(json.key("owner"), submission.owner.text);
  json::put_bytes(json.key("language"), submission.language);
  put_list(json.key("options"), submission.options);
  json::put_each(json.key("files"), submission.files, put_file);
  json::put_bytes(json.key("entry"), submission.entry);
  put_list(json.key("args"), submission.args);
  json::put_each(json.key("tests"), submission.tests, put_test);
  put_list(json.key("outputFiles"), submission.output_files);
  json.member("priority", submission.priority).member("delayMs", submission.delay.count());
  json.member("stopOnFailure", submission.stop_on_failure).member("warm", submission.warm);
  put_limits(json.key("limits"), submission.limits);
  put_limits(json.key("compileLimits"), submission.compile_limits);
  json.member("cache", submission.cache).end_object();
  return json.take();
}

Result<Submission> decode_submission(std::string_view text) {
  return json::parse(text, "a stored submission", submission_from_json);
}

std::string encode(const std::vector<std::string>& words) {
  JsonWriter json;
  put_list(json, words);
  return json.take();
}

Result<std::vector<std::string>> decode_words(std::string_view text) {
  return json::parse(text, "a stored list", list_from_json);
}

}  // namespace engine
