#include <stdexcept>

#include <boost/json/serialize.hpp>

#include "store/codec.h"
#include "store/json_value.h"

namespace engine {
namespace {

using json::Arena;
using json::Value;

Value list_to_json(const std::vector<std::string>& list, Arena& arena) {
  return json::from_each(list, arena, json::from_bytes);
}

std::vector<std::string> list_from_json(const Value& value) {
  return json::to_each(value, json::to_bytes);
}

Value file_to_json(const SourceFile& file, Arena& arena) {
  return json::make_object(
      {
          {"name",    json::from_bytes(file.name,    arena)},
          {"content", json::from_bytes(file.content, arena)}
  },
      arena);
}

SourceFile file_from_json(const Value& value) {
  return {.name = json::to_bytes(value.at("name")), .content = json::to_bytes(value.at("content"))};
}

Value test_to_json(const Test& test, Arena& arena) {
  json::Object object(arena.storage());
  object["name"] = json::from_bytes(test.name, arena);
  object["input"] = json::from_bytes(test.input, arena);
  if (test.expected_output) {
    object["expected"] = json::from_bytes(*test.expected_output, arena);
  }
  return object;
}

Test test_from_json(const Value& value) {
  Test test{.name = json::to_bytes(value.at("name")), .input = json::to_bytes(value.at("input"))};
  if (const Value* expected = value.as_object().if_contains("expected")) {
    test.expected_output = json::to_bytes(*expected);
  }
  return test;
}

Value limits_to_json(const Limits& limits, Arena& arena) {
  return json::make_object(
      {
          {"cpuMs",     limits.cpu_time.count() },
          {"wallMs",    limits.wall_time.count()},
          {"memory",    limits.memory.count     },
          {"stack",     limits.stack.count      },
          {"processes", limits.processes        },
          {"output",    limits.output.count     },
          {"file",      limits.file.count       },
          {"disk",      limits.disk.count       },
          {"files",     limits.files            }
  },
      arena);
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
  Arena arena;
  json::Object object(arena.storage());
  object.reserve(15);
  object["v"] = json::kVersion;
  object["id"] = json::from_bytes(submission.id.text, arena);
  object["owner"] = json::from_bytes(submission.owner.text, arena);
  object["language"] = json::from_bytes(submission.language, arena);
  object["options"] = list_to_json(submission.options, arena);
  object["files"] = json::from_each(submission.files, arena, file_to_json);
  object["entry"] = json::from_bytes(submission.entry, arena);
  object["args"] = list_to_json(submission.args, arena);
  object["tests"] = json::from_each(submission.tests, arena, test_to_json);
  object["outputFiles"] = list_to_json(submission.output_files, arena);
  object["priority"] = submission.priority;
  object["delayMs"] = submission.delay.count();
  object["stopOnFailure"] = submission.stop_on_failure;
  object["warm"] = submission.warm;
  object["limits"] = limits_to_json(submission.limits, arena);
  object["compileLimits"] = limits_to_json(submission.compile_limits, arena);
  object["cache"] = submission.cache;
  return boost::json::serialize(object);
}

Result<Submission> decode_submission(std::string_view text) {
  return json::parse(text, "a stored submission", submission_from_json);
}

std::string encode(const std::vector<std::string>& words) {
  Arena arena;
  return boost::json::serialize(list_to_json(words, arena));
}

Result<std::vector<std::string>> decode_words(std::string_view text) {
  return json::parse(text, "a stored list", list_from_json);
}

}  // namespace engine
