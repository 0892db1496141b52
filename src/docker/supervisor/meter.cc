#include "docker/supervisor/meter.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

namespace engine::docker::supervisor {
namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;
constexpr int kOwnTasks = 1;

// The number behind `key`, which begins a line; without a key, at the start. -1: none.
std::int64_t number_in(int file, const char* key = nullptr) {
  char text[1024];
  const ssize_t count = file < 0 ? -1 : pread(file, text, sizeof(text) - 1, 0);
  if (count <= 0) return -1;
  text[count] = '\0';
  const char* at = text;
  if (key != nullptr) {
    at = std::strstr(text, key);
    while (at != nullptr && at != text && at[-1] != '\n')
      at = std::strstr(at + 1, key);
    if (at == nullptr) return -1;
    at += std::strlen(key);
  }
  return std::isdigit(static_cast<unsigned char>(*at)) != 0 ? std::strtoll(at, nullptr, 10) : -1;
}

int open_first(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const int file = ::open(name, O_RDONLY | O_CLOEXEC);
    if (file >= 0) return file;
  }
  return -1;
}

std::int64_t microseconds(const timeval& time) {
  return time.tv_sec * kMicroseconds + time.tv_usec;
}

std::int64_t own_cpu() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * kMicroseconds + time.tv_nsec / 1'000;
}

// Of one living process, by /proc/<pid>/stat, whose 14th and 15th fields are ticks.
std::int64_t cpu_of(const char* pid) {
  char path[32];
  const int length = std::snprintf(path, sizeof(path), "/proc/%s/stat", pid);
  if (length >= static_cast<int>(sizeof(path))) return 0;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[1024];
  const ssize_t count = read(file, text, sizeof(text) - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = '\0';
  const char* at = std::strrchr(text, ')');  // Before it is a name, which may be anything.
  for (int field = 2; field < 14 && at != nullptr; ++field)
    at = std::strchr(at + 1, ' ');
  if (at == nullptr) return 0;
  char* next = nullptr;
  const std::int64_t user = std::strtoll(at, &next, 10);
  return (user + std::strtoll(next, nullptr, 10)) * (kMicroseconds / sysconf(_SC_CLK_TCK));
}

// The dead whom somebody waited for, and the living.
std::int64_t cpu_of_processes() {
  rusage dead{};
  getrusage(RUSAGE_CHILDREN, &dead);
  std::int64_t sum = microseconds(dead.ru_utime) + microseconds(dead.ru_stime);
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return sum;
  while (const dirent* entry = readdir(processes)) {
    const char* name = entry->d_name;
    const bool is_process = std::isdigit(static_cast<unsigned char>(*name)) != 0;
    if (is_process && std::strcmp(name, "1") != 0) sum += cpu_of(name);
  }
  closedir(processes);
  return sum;
}

}  // namespace

void Meter::open() {
  cpu_ = open_first({"/sys/fs/cgroup/cpu.stat"});
  cpu_key_ = "usage_usec ";
  if (number_in(cpu_, cpu_key_) < 0) {
    cpu_ = open_first({"/sys/fs/cgroup/cpuacct/cpuacct.usage"});
    cpu_key_ = nullptr;
    cpu_per_us_ = 1'000;
  }
  memory_current_ =
      open_first({"/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes"});
  memory_max_ =
      open_first({"/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"});
  memory_events_ =
      open_first({"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"});
  pids_current_ = open_first({"/sys/fs/cgroup/pids.current", "/sys/fs/cgroup/pids/pids.current"});
  pids_max_ = open_first({"/sys/fs/cgroup/pids.peak", "/sys/fs/cgroup/pids/pids.peak"});
}

void Meter::begin() {
  memory_at_begin_ = std::max<std::int64_t>(number_in(memory_current_), 0);
  memory_max_at_begin_ = number_in(memory_max_);
  memory_seen_ = 0;
  pids_max_at_begin_ = number_in(pids_max_);
  tasks_seen_ = 0;
  oom_at_begin_ = number_in(memory_events_, "oom_kill ");
  own_cpu_at_begin_ = own_cpu();
  cpu_at_begin_ = cpu_total();
}

std::int64_t Meter::cpu_total() const {
  return cpu_ < 0 ? cpu_of_processes() : number_in(cpu_, cpu_key_) / cpu_per_us_;
}

std::int64_t Meter::cpu_us() const {
  const std::int64_t used = cpu_total() - cpu_at_begin_;
  const std::int64_t own = cpu_ < 0 ? 0 : own_cpu() - own_cpu_at_begin_;
  return std::max<std::int64_t>(used - own, 0);
}

std::int64_t Meter::memory_now() {
  const std::int64_t now = number_in(memory_current_) - memory_at_begin_;
  memory_seen_ = std::max(memory_seen_, now);
  return std::max<std::int64_t>(now, 0);
}

int Meter::tasks_now(int reaped) {
  const int now = std::max(0, static_cast<int>(number_in(pids_current_)) - kOwnTasks);
  tasks_seen_ = std::max(tasks_seen_, now + reaped);
  return now;
}

// The kernel's peak never falls and is the container's: it is this run's only if it rose. Otherwise
// it was an earlier run's, or that of the program that started the container.
std::int64_t Meter::memory_peak(std::int64_t largest) const {
  const std::int64_t peak = number_in(memory_max_);
  if (peak > memory_max_at_begin_) return peak - memory_at_begin_;
  return std::max(memory_seen_, largest);
}

int Meter::tasks_peak() const {
  const std::int64_t peak = number_in(pids_max_);
  if (peak <= pids_max_at_begin_) return tasks_seen_;
  return std::max(tasks_seen_, static_cast<int>(peak) - kOwnTasks);
}

std::int64_t Meter::oom_kills() const {
  return std::max<std::int64_t>(number_in(memory_events_, "oom_kill ") - oom_at_begin_, 0);
}

}  // namespace engine::docker::supervisor
