#include "api/request_json.h"

#include <utility>

#include <boost/json/array.hpp>

#include "api/strict_json.h"
#include "base/encoding.h"

namespace engine::api {
namespace {

namespace json = boost::json;

Status refuse_both(const Members& members, const char* one, const char* other) {
  if (!members.has(one) || !members.has(other)) return Ok{};
  return invalid(members.path_of(other) + " stands beside " + one + "; give one of them",
                 members.path_of(other));
}

// Calls read(Members&, T&) for each element of the array `name`, which must not be empty.
template <typename T, typename Read>
Status read_objects(Members& members, std::string_view name, std::vector<T>& out, Read read) {
  const json::value* value = members.find(name);
  if (value == nullptr) return Ok{};
  const std::string path = members.path_of(name);
  TRY(const json::array* array, array_at(*value, path));
  if (array->empty()) return invalid(path + " must not be empty", path);
  for (std::size_t i = 0; i < array->size(); ++i) {
    TRY(Members element, Members::of((*array)[i], element_path(path, i)));
    T item;
    CHECK_OK(read(element, item));
    CHECK_OK(element.refuse_others());
    out.push_back(std::move(item));
  }
  return Ok{};
}

Status read_file(Members& members, SourceFile& file) {
  CHECK_OK(members.require("name"));
  CHECK_OK(members.require("content"));
  std::string encoding = "utf8";
  CHECK_OK(members.read("name", file.name));
  CHECK_OK(members.read("content", file.content));
  CHECK_OK(members.read("encoding", encoding));
  if (file.name.empty()) {
    return invalid(members.path_of("name") + " must not be empty", members.path_of("name"));
  }
  if (encoding == "utf8") return Ok{};
  if (encoding != "base64") {
    return invalid(members.path_of("encoding") + " must be utf8 or base64",
                   members.path_of("encoding"));
  }
  auto content = from_base64(file.content);
  if (!content) {
    return invalid(members.path_of("content") + " is not valid base64", members.path_of("content"));
  }
  file.content = *std::move(content);
  return Ok{};
}

Status read_test(Members& members, Test& test) {
  CHECK_OK(members.read("name", test.name));
  CHECK_OK(members.read("stdin", test.input));
  return members.read("expectedOutput", test.expected_output);
}

Status read_limits(Members& members, std::string_view name, LimitsRequest& limits) {
  const json::value* value = members.find(name);
  if (value == nullptr) return Ok{};
  TRY(Members object, Members::of(*value, members.path_of(name)));
  CHECK_OK(object.read("cpuTimeMs", limits.cpu_time));
  CHECK_OK(object.read("wallTimeMs", limits.wall_time));
  CHECK_OK(object.read("memoryBytes", limits.memory));
  CHECK_OK(object.read("stackBytes", limits.stack));
  CHECK_OK(object.read("processes", limits.processes));
  CHECK_OK(object.read("outputBytes", limits.output));
  CHECK_OK(object.read("fileBytes", limits.file));
  CHECK_OK(object.read("diskBytes", limits.disk));
  CHECK_OK(object.read("files", limits.files));
  return object.refuse_others();
}

// "source", or "files" with "entry". A lone source has no name: the language's definition names it.
Status read_sources(Members& members, SubmissionRequest& request) {
  CHECK_OK(refuse_both(members, "source", "files"));
  if (members.has("source")) {
    SourceFile lone;
    CHECK_OK(members.read("source", lone.content));
    if (members.has("entry")) return invalid("entry names one of files, which is missing", "entry");
    request.files.push_back(std::move(lone));
    return Ok{};
  }
  if (!members.has("files")) return invalid("source is missing, and so is files", "source");
  CHECK_OK(read_objects(members, "files", request.files, read_file));
  return members.read("entry", request.entry);
}

// "stdin", or "tests"; neither is one test with nothing to read.
Status read_tests(Members& members, SubmissionRequest& request) {
  CHECK_OK(refuse_both(members, "stdin", "tests"));
  if (members.has("tests")) return read_objects(members, "tests", request.tests, read_test);
  Test lone;
  CHECK_OK(members.read("stdin", lone.input));
  request.tests.push_back(std::move(lone));
  return Ok{};
}

}  // namespace

Result<SubmissionRequest> parse_submission(std::string_view body) {
  TRY(const json::value document, parse_strict(body));
  TRY(Members members, Members::of(document, {}));
  SubmissionRequest request;
  CHECK_OK(members.read("language", request.language));
  CHECK_OK(read_sources(members, request));
  CHECK_OK(members.read("options", request.options));
  CHECK_OK(members.read("args", request.args));
  CHECK_OK(read_tests(members, request));
  CHECK_OK(members.read("outputFiles", request.output_files));
  CHECK_OK(members.read("priority", request.priority));
  CHECK_OK(members.read("delayMs", request.delay_ms));
  CHECK_OK(members.read("stopOnFailure", request.stop_on_failure));
  CHECK_OK(members.read("warm", request.warm));
  CHECK_OK(read_limits(members, "limits", request.limits));
  CHECK_OK(read_limits(members, "compileLimits", request.compile_limits));
  CHECK_OK(members.read("cache", request.cache));
  CHECK_OK(members.refuse_others());
  return request;
}

Result<UrlRequest> parse_url_request(std::string_view body) {
  TRY(const json::value document, parse_strict(body));
  TRY(Members members, Members::of(document, {}));
  UrlRequest request;
  CHECK_OK(members.require("url"));
  CHECK_OK(members.read("url", request.url));
  CHECK_OK(members.read("language", request.language));
  CHECK_OK(members.read("stdin", request.input));
  CHECK_OK(members.refuse_others());
  if (request.url.empty()) return invalid("url must not be empty", "url");
  return request;
}

}  // namespace engine::api
