#include "engine/admission.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "domain/names.h"

namespace engine {
namespace {

Error invalid(std::string field, const std::string& says) {
  std::string message = field + " " + says;
  return {Errc::kInvalid, std::move(message), std::move(field)};
}

Error too_large(std::string field, Bytes limit) {
  std::string message = field + " passes the limit of " + std::to_string(limit.count) + " bytes";
  return {Errc::kTooLarge, std::move(message), std::move(field)};
}

std::string element(const char* list, std::size_t index, const char* member = "") {
  return list + ("[" + std::to_string(index) + "]") + member;
}

Status check_count(const char* list, std::size_t count, std::size_t most) {
  if (count <= most) return Ok{};
  return invalid(list, "has " + std::to_string(count) + " elements, " + std::to_string(most) +
                           " are the limit");
}

// A lone source without a name is the request's "source"; it is named after the language.
bool is_lone_source(const SubmissionRequest& request) {
  return request.files.size() == 1 && request.files.front().name.empty();
}

void name_lone_source(SubmissionRequest& request, const Language& language) {
  if (!is_lone_source(request)) return;
  auto& file = request.files.front();
  file.name = source_name(language, file.content);
}

Result<std::string> find_entry(const SubmissionRequest& request, const Language& language) {
  const auto among_files = [&](const std::string& name) {
    return std::any_of(request.files.begin(), request.files.end(),
                       [&](const SourceFile& file) { return file.name == name; });
  };
  if (!request.entry.empty()) {
    if (among_files(request.entry)) return request.entry;
    return invalid("entry", "is " + quote(request.entry) + ", which is not among the files");
  }
  if (request.files.size() == 1) return request.files.front().name;
  if (among_files(language.source)) return language.source;
  return invalid("entry", "is missing: say which of the files is compiled or run");
}

std::vector<std::string> compiler_products(const Language& language) {
  std::vector<std::string> names;
  std::copy_if(language.artefacts.begin(), language.artefacts.end(), std::back_inserter(names),
               [](const std::string& name) { return name != "**"; });
  return names;
}

Status check_arguments(const std::vector<std::string>& args) {
  CHECK_OK(check_count("args", args.size(), Admission::kMostArguments));
  Bytes size;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i].find('\0') != std::string::npos) {
      return invalid(element("args", i), "has a NUL character, which no argument can carry");
    }
    size = size + Bytes{static_cast<std::int64_t>(args[i].size()) + 1};
  }
  if (size > Admission::kArgumentBytes) return too_large("args", Admission::kArgumentBytes);
  return Ok{};
}

Status check_options(const std::vector<std::string>& options, const Language& language) {
  CHECK_OK(check_count("options", options.size(), Admission::kMostCompilerOptions));
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (option_allowed(language, options[i])) continue;
    return invalid(element("options", i),
                   "is " + quote(options[i]) + ", which " + language.id + " does not allow");
  }
  return Ok{};
}

// What nobody asked for by name never passes the ceiling: a language's wishes bow to the operator.
Limits base_limits(const Limits& defaults, const LimitsRequest& language, const Limits& ceiling) {
  Limits base = overlay(defaults, language);
  base.stack = defaults.stack;  // It gives way to the memory once the request has said how much.
  base.cpu_time = std::min(base.cpu_time, ceiling.cpu_time);
  base.wall_time = std::min(base.wall_time, ceiling.wall_time);
  base.memory = std::min(base.memory, ceiling.memory);
  base.processes = std::min(base.processes, ceiling.processes);
  base.output = std::min(base.output, ceiling.output);
  base.file = std::min(base.file, ceiling.file);
  base.disk = std::min(base.disk, ceiling.disk);
  base.files = std::min(base.files, ceiling.files);
  return base;
}

Result<Limits> admit_limits(const Limits& defaults, const LimitsRequest& language,
                            const LimitsRequest& request, const Limits& ceiling,
                            const char* member) {
  TRY(auto limits, admit(base_limits(defaults, language, ceiling), request, ceiling, member));
  if (!request.stack && language.stack) limits.stack = *language.stack;
  limits.stack = std::min(limits.stack, ceiling.stack);
  return limits;
}

}  // namespace

Result<Submission> Admission::admit(SubmissionRequest request) const {
  TRY(const Language* language, find_language(request));
  CHECK_OK(check_files(request, *language));
  name_lone_source(request, *language);
  TRY(auto entry, find_entry(request, *language));
  CHECK_OK(check_options(request.options, *language));
  CHECK_OK(check_arguments(request.args));
  CHECK_OK(check_tests(request));
  CHECK_OK(check_output_files(request));
  CHECK_OK(check_scheduling(request));
  TRY(const auto limits, admit_limits(options_.defaults, language->limits, request.limits,
                                      options_.ceiling, "limits"));
  TRY(const auto compile_limits,
      admit_limits(options_.compile_defaults, language->compile_limits, request.compile_limits,
                   options_.ceiling, "compileLimits"));
  if (request.tests.empty()) request.tests.emplace_back();
  return Submission{.language = language->id,
                    .options = std::move(request.options),
                    .files = std::move(request.files),
                    .entry = std::move(entry),
                    .args = std::move(request.args),
                    .tests = std::move(request.tests),
                    .output_files = std::move(request.output_files),
                    .priority = static_cast<int>(request.priority),
                    .delay = Milliseconds{request.delay_ms},
                    .stop_on_failure = request.stop_on_failure,
                    .warm = request.warm,
                    .limits = limits,
                    .compile_limits = compile_limits,
                    .cache = request.cache};
}

Result<const Language*> Admission::find_language(const SubmissionRequest& request) const {
  const bool named = !request.language.empty();
  const auto* entry = named ? languages_.find(request.language) : guess_language(request);
  if (entry == nullptr && named) {
    return invalid("language",
                   "is " + quote(request.language) + ", which is unknown; " + usable_languages());
  }
  if (entry == nullptr) {
    return invalid("language", "does not follow from the file's name; " + usable_languages());
  }
  if (fleet_.version_of(*entry).empty()) {
    const auto& why = entry->problem;
    return invalid("language", "is " + quote(entry->language.id) +
                                   (fleet_.is_shared() ? ", which no worker has now"
                                                       : ", which is not usable here") +
                                   (why.empty() ? why : ": " + why));
  }
  return &entry->language;
}

const Languages::Entry* Admission::guess_language(const SubmissionRequest& request) const {
  if (!request.entry.empty()) return languages_.find_by_extension(request.entry);
  if (request.files.size() == 1) return languages_.find_by_extension(request.files.front().name);
  return nullptr;
}

std::string Admission::usable_languages() const {
  std::string list;
  for (const auto& entry : languages_.all()) {
    if (!fleet_.version_of(entry).empty()) list += (list.empty() ? "" : ", ") + entry.language.id;
  }
  return list.empty() ? "no language is usable here" : "there are " + list;
}

Status Admission::check_files(const SubmissionRequest& request, const Language& language) const {
  const bool lone = is_lone_source(request);
  if (request.files.empty()) return invalid("source", "is missing");
  CHECK_OK(check_count("files", request.files.size(), options_.files));
  Bytes size;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < request.files.size(); ++i) {
    const auto& file = request.files[i];
    size = size + Bytes{static_cast<std::int64_t>(file.content.size())};
    names.push_back(file.name);
  }
  if (size > options_.source_bytes) {
    return too_large(lone ? "source" : "files", options_.source_bytes);
  }
  if (size == Bytes{0}) {
    return invalid(lone ? "source" : "files[0].content", "is empty");
  }
  if (lone) return Ok{};
  return check_file_names(names, compiler_products(language), "files");
}

Status Admission::check_tests(const SubmissionRequest& request) const {
  CHECK_OK(check_count("tests", request.tests.size(), options_.tests));
  Bytes size;
  for (std::size_t i = 0; i < request.tests.size(); ++i) {
    const Test& test = request.tests[i];
    const auto expected = test.expected_output ? test.expected_output->size() : 0;
    size = size + Bytes{static_cast<std::int64_t>(test.input.size() + expected)};
    if (test.name.size() > kTestNameBytes || !is_utf8(test.name)) {
      return invalid(element("tests", i, ".name"), "is not UTF-8 of at most 200 bytes");
    }
  }
  if (size <= options_.input_bytes) return Ok{};
  const bool lone = request.tests.size() == 1 && request.tests.front().name.empty() &&
                    !request.tests.front().expected_output;
  return too_large(lone ? "stdin" : "tests", options_.input_bytes);
}

Status Admission::check_output_files(const SubmissionRequest& request) const {
  CHECK_OK(check_count("outputFiles", request.output_files.size(), options_.output_files));
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < request.output_files.size(); ++i) {
    const std::string& name = request.output_files[i];
    if (auto status = check_file_name(name); !status) {
      return invalid(element("outputFiles", i), "is refused: " + status.error().message);
    }
    if (!seen.insert(name).second) return invalid(element("outputFiles", i), "is named twice");
  }
  return Ok{};
}

Status Admission::check_scheduling(const SubmissionRequest& request) const {
  if (request.priority < -kPriorityBound || request.priority > kPriorityBound) {
    return invalid("priority", "is not between -100 and 100");
  }
  const auto longest = options_.delay_ceiling.count();
  if (request.delay_ms < 0 || request.delay_ms > longest) {
    return invalid("delayMs", "is not between 0 and " + std::to_string(longest));
  }
  return Ok{};
}

}  // namespace engine
