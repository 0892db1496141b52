#include "sandbox/run_check.h"

#include <algorithm>

#include "sandbox/init/protocol.h"

namespace engine::sandbox {
namespace {

Error fault(const std::string& text) {
  return {Errc::kInvalid, "run: " + text, {}};
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

Status check_command(const RunSpec& spec) {
  if (spec.argv.empty() || !spec.argv[0].starts_with('/')) {
    return fault("the command is no absolute path");
  }
  std::size_t bytes = 0;
  for (const auto* list : {&spec.argv, &spec.environment}) {
    if (std::any_of(list->begin(), list->end(), has_nul)) {
      return fault("a NUL in the arguments or the environment");
    }
    for (const std::string& text : *list)
      bytes += text.size() + 1;
  }
  if (spec.argv.size() + spec.environment.size() > wire::kMaxStrings ||
      bytes > wire::kMaxStringBytes) {
    return fault("too many or too long arguments and environment");
  }
  return Ok{};
}

Status check_files(const FileSet& files) {
  std::size_t index = 0;
  for (const File& file : files.files()) {
    if (!wire::is_plain_name(file.name.data(), file.name.size())) {
      return fault("'" + file.name + "' is no plain relative file name");
    }
    index += sizeof(wire::BundleEntry) + file.name.size();
  }
  return index <= wire::kMaxIndex ? Status(Ok{}) : fault("too many files");
}

Status check_taken(const RunSpec& spec) {
  std::size_t bytes = 0;
  for (const std::string& name : spec.take) {
    bytes += name.size() + 1;
    if (name != "**" && !wire::is_plain_name(name.data(), name.size())) {
      return fault("'" + name + "' is no plain relative file name");
    }
  }
  if (bytes > wire::kMaxStringBytes || spec.take.size() > wire::kMaxStrings) {
    return fault("too many files to take");
  }
  if (spec.take_limit.count < 0 || spec.take_count < 0) return fault("a negative limit");
  return Ok{};
}

Status check_limits(const RunLimits& limits) {
  const bool positive = limits.cpu_time.count() > 0 && limits.wall_time.count() > 0 &&
                        limits.memory.count > 0 && limits.stack.count > 0 && limits.processes > 0 &&
                        limits.disk.count > 0 && limits.files > 0;
  if (!positive || limits.output.count < 0 || limits.file.count < 0) {
    return fault("a limit that is not positive");
  }
  return Ok{};
}

}  // namespace

Status check_run(const RunSpec& spec) {
  CHECK_OK(check_command(spec));
  CHECK_OK(check_taken(spec));
  if (spec.files != nullptr) CHECK_OK(check_files(*spec.files));
  return check_limits(spec.limits);
}

bool may_start(const RunSpec& spec) {
  return spec.observer == nullptr || spec.observer->on_start();
}

}  // namespace engine::sandbox
