#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "sandbox/cgroup.h"

namespace engine::sandbox {
namespace {

constexpr std::int64_t kRoom = 64 << 20;  // Far more than mother and spawner use.
constexpr std::int64_t kNoCeiling = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kBatch = 1 << 20;  // Of memory charged at once: 64 pages for each processor.

// The beginning of a cgroup file, read anew; all that is looked for stands in its first KiB.
class Reading {
 public:
  explicit Reading(const Fd& file) {
    if (!file.is_open()) return;
    const ssize_t count = ::pread(file.get(), text_, sizeof text_, 0);
    size_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  // The number right after the first `key`; an empty key means the start of the file.
  std::optional<std::int64_t> number(std::string_view key = {}) const {
    const std::string_view text(text_, size_);
    std::size_t at = key.empty() ? 0 : find_line(text, key);
    if (at == std::string_view::npos) return {};
    at += key.size();
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text_ + at, text_ + size_, value);
    if (parsed.ec != std::errc()) return {};
    return value;
  }

 private:
  // "oom_kill " must not be found in the middle of another word.
  static std::size_t find_line(std::string_view text, std::string_view key) {
    std::size_t at = text.find(key);
    while (at != std::string_view::npos && at > 0 && text[at - 1] != '\n' && text[at - 1] != ' ') {
      at = text.find(key, at + 1);
    }
    return at;
  }

  char text_[1024];
  std::size_t size_ = 0;
};

// 0, or the error number.
int write_number(const Fd& file, std::int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return ::pwrite(file.get(), text, static_cast<std::size_t>(end - text), 0) < 0 ? errno : 0;
}

Error refused(const char* what, int error_number) {
  return {Errc::kUnavailable,
          std::string("cgroups: the kernel refused the run's ") + what + ": " +
              std::generic_category().message(error_number),
          {}};
}

}  // namespace

RunMeter::RunMeter(CgroupMode mode, CgroupFds files)
    : mode_(mode),
      files_(std::move(files)),
      ceiling_(Reading(file(CgroupFile::kMemoryCeiling)).number().value_or(kNoCeiling)) {}

void RunMeter::adopt(CgroupFds files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].is_open()) files_[i] = std::move(files[i]);
  }
}

Status RunMeter::begin(Bytes memory, int processes, int idle_tasks) {
  idle_tasks_ = idle_tasks;
  memory_at_begin_ = Reading(file(CgroupFile::kMemoryNow)).number().value_or(0);
  memory_limit_ = whole_pages(memory.count);
  CHECK_OK(limit_memory(memory_at_begin_ + memory_limit_));
  if (const int failure = write_number(file(CgroupFile::kPidsMax), processes + idle_tasks)) {
    return refused("process limit", failure);
  }
  if (is_written(mode_, CgroupFile::kMemoryPeak)) {
    if (const int failure = write_number(file(CgroupFile::kMemoryPeak), 0)) {
      return refused("memory peak", failure);
    }
  }
  memory_seen_ = 0;
  tasks_seen_ = 0;
  oom_kills_at_begin_ = Reading(file(CgroupFile::kMemoryEvents)).number("oom_kill ").value_or(0);
  pids_peak_at_begin_ = Reading(file(CgroupFile::kPidsPeak)).number().value_or(0);
  wait_at_begin_ = Reading(file(CgroupFile::kPressure)).number("total=").value_or(0);
  cpu_at_begin_ = 0;
  TRY(const Microseconds cpu, cpu_time());
  cpu_at_begin_ = cpu.count();
  return Ok{};
}

Status RunMeter::allow_more(Bytes memory) {
  memory_limit_ += whole_pages(memory.count);
  return limit_memory(memory_at_begin_ + memory_limit_);
}

void RunMeter::make_room() const {
  static_cast<void>(limit_memory(memory_at_begin_ + memory_limit_ + kRoom));
}

Status RunMeter::limit_memory(std::int64_t bytes) const {
  const std::int64_t most = std::min(bytes, ceiling_);  // The kernel would refuse more.
  if (const int failure = write_number(file(CgroupFile::kMemoryMax), most)) {
    return refused("memory limit", failure);
  }
  return Ok{};
}

Result<Microseconds> RunMeter::cpu_time() const {
  const Reading reading(file(CgroupFile::kCpu));
  const auto used = mode_ == CgroupMode::kV1 ? reading.number() : reading.number("usage_usec ");
  if (!used) return Error{Errc::kUnavailable, "cgroups: the run's CPU time cannot be read", {}};
  const std::int64_t microseconds = mode_ == CgroupMode::kV1 ? *used / 1000 : *used;
  return Microseconds{microseconds - cpu_at_begin_};
}

Bytes RunMeter::memory_now() const {
  const auto used = Reading(file(CgroupFile::kMemoryNow)).number().value_or(0);
  const std::int64_t above = std::clamp<std::int64_t>(used - memory_at_begin_, 0, memory_limit_);
  memory_seen_ = std::max(memory_seen_, above);
  return {above};
}

Bytes RunMeter::memory_peak() const {
  const auto peak = Reading(file(CgroupFile::kMemoryPeak)).number();
  if (!peak) {
    (void)memory_now();
    return {memory_seen_};
  }
  return {std::clamp<std::int64_t>(*peak - memory_at_begin_, 0, memory_limit_)};
}

int RunMeter::oom_kills() const {
  const auto killed = Reading(file(CgroupFile::kMemoryEvents)).number("oom_kill ");
  return static_cast<int>(killed.value_or(oom_kills_at_begin_) - oom_kills_at_begin_);
}

// The kernel charges memory in batches, so what its peak says may lie a little below the limit.
bool RunMeter::is_at_memory_limit() const {
  const auto peak = Reading(file(CgroupFile::kMemoryPeak)).number();
  if (!peak) return true;  // An old kernel: it is the likelier of the two.
  return *peak - memory_at_begin_ >= memory_limit_ - std::max(kBatch, memory_limit_ / 16);
}

int RunMeter::tasks_now() const {
  const auto tasks = Reading(file(CgroupFile::kPidsNow)).number().value_or(0);
  const int counted = std::max(0, static_cast<int>(tasks) - idle_tasks_);
  tasks_seen_ = std::max(tasks_seen_, counted);
  return counted;
}

// The kernel's peak never falls. Where runs share a group it belongs to this run only if it rose;
// otherwise an earlier run had as many or more.
int RunMeter::tasks_peak() const {
  const auto peak = Reading(file(CgroupFile::kPidsPeak)).number();
  if (!peak) (void)tasks_now();
  if (peak.value_or(0) <= pids_peak_at_begin_) return tasks_seen_;
  return std::max(tasks_seen_, static_cast<int>(*peak) - idle_tasks_);
}

Microseconds RunMeter::processor_wait() const {
  const auto total = Reading(file(CgroupFile::kPressure)).number("total=");
  return Microseconds{total ? *total - wait_at_begin_ : 0};
}

Status RunMeter::kill() const {
  const Fd& file_to_kill = file(CgroupFile::kKill);
  if (!file_to_kill.is_open()) {
    return Error{Errc::kNotFound, "cgroups: pure v1 cannot kill a group at once", {}};
  }
  if (const int failure = write_number(file_to_kill, 1)) return refused("kill", failure);
  return Ok{};
}

}  // namespace engine::sandbox
