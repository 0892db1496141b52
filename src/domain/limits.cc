#include "domain/limits.h"

#include <algorithm>

namespace engine {
namespace {

std::int64_t number(Milliseconds value) {
  return value.count();
}
std::int64_t number(Bytes value) {
  return value.count;
}
std::int64_t number(int value) {
  return value;
}

// The checks of one request, first fault first.
class Check {
 public:
  explicit Check(const std::string& prefix) : prefix_(prefix) {}

  template <typename T>
  void within(const char* member, const std::optional<T>& value, T ceiling) {
    if (!status_ || !value) return;
    const std::string field = prefix_ + "." + member;
    if (number(*value) <= 0) {
      status_ = Error{Errc::kInvalid, field + " must be above zero", field};
    } else if (*value > ceiling) {
      status_ = Error{Errc::kInvalid,
                      field + " is " + std::to_string(number(*value)) + ", above the ceiling of " +
                          std::to_string(number(ceiling)),
                      field};
    }
  }
  const Status& status() const { return status_; }

 private:
  const std::string& prefix_;
  Status status_ = Ok{};
};

}  // namespace

Limits overlay(const Limits& base, const LimitsRequest& request) {
  Limits limits{
      .cpu_time = request.cpu_time.value_or(base.cpu_time),
      .wall_time = request.wall_time.value_or(base.wall_time),
      .memory = request.memory.value_or(base.memory),
      .stack = request.stack.value_or(base.stack),
      .processes = request.processes.value_or(base.processes),
      .output = request.output.value_or(base.output),
      .file = request.file.value_or(base.file),
      .disk = request.disk.value_or(base.disk),
      .files = request.files.value_or(base.files),
  };
  if (!request.stack) limits.stack = std::min(base.stack, Bytes{limits.memory.count / 2});
  return limits;
}

Result<Limits> admit(const Limits& base, const LimitsRequest& request, const Limits& ceiling,
                     const std::string& prefix) {
  Check check(prefix);
  check.within("cpuTimeMs", request.cpu_time, ceiling.cpu_time);
  check.within("wallTimeMs", request.wall_time, ceiling.wall_time);
  check.within("memoryBytes", request.memory, ceiling.memory);
  check.within("stackBytes", request.stack, ceiling.stack);
  check.within("processes", request.processes, ceiling.processes);
  check.within("outputBytes", request.output, ceiling.output);
  check.within("fileBytes", request.file, ceiling.file);
  check.within("diskBytes", request.disk, ceiling.disk);
  check.within("files", request.files, ceiling.files);
  CHECK_OK(check.status());
  return overlay(base, request);
}

}  // namespace engine
