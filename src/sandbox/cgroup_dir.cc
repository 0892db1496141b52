#include "sandbox/cgroup_dir.h"

#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace engine::sandbox {
namespace {

constexpr std::chrono::milliseconds kPause{1};
constexpr int kFreezeAttempts = 20;  // A task deep in the kernel freezes late; do not wait for it.

Errc consequence(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS: return Errc::kInvalid;
    case ENOENT:
    case ENODEV:  // What a file of a removed cgroup answers.
    case ESRCH: return Errc::kNotFound;
    case EBUSY:
    case ENOTEMPTY:
    case EAGAIN:
    case EINTR:
    case ENOMEM:
    case ENOSPC:
    case EMFILE:
    case ENFILE: return Errc::kUnavailable;
    default: return Errc::kInternal;
  }
}

void append_processes(const std::string& path, std::vector<pid_t>& pids) {
  const auto listing = read_cgroup_file(path + "/cgroup.procs");
  if (!listing) return;
  const char* at = listing->data();
  const char* const end = at + listing->size();
  while (at < end) {
    pid_t pid = 0;
    const auto parsed = std::from_chars(at, end, pid);
    if (parsed.ec != std::errc()) return;
    if (pid > 0) pids.push_back(pid);  // 0: of a pid namespace that is not ours.
    at = parsed.ptr + 1;
  }
}

void for_each_below(const std::string& path, const auto& visit) {
  visit(path);
  for (const std::string& child : child_cgroups(path))
    for_each_below(path + "/" + child, visit);
}

}  // namespace

Error cgroup_error(std::string_view action, const std::string& path, int error_number) {
  std::string message = "cgroups: cannot ";
  message.append(action).append(" ").append(path).append(": ").append(
      std::generic_category().message(error_number));
  return {consequence(error_number), std::move(message), {}};
}

Status write_cgroup_file(const std::string& path, std::string_view text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return cgroup_error("open", path, errno);
  if (::write(file.get(), text.data(), text.size()) < 0) {
    const int error_number = errno;
    return cgroup_error("write '" + std::string(text) + "' to", path, error_number);
  }
  return Ok{};
}

Result<std::string> read_cgroup_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return cgroup_error("open", path, errno);
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t count = ::read(file.get(), part, sizeof part);
    if (count < 0) return cgroup_error("read", path, errno);
    if (count == 0) return text;
    text.append(part, static_cast<std::size_t>(count));
  }
}

bool path_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Status make_cgroup(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return cgroup_error("make", path, errno);
  }
  return Ok{};
}

Result<Fd> open_cgroup(const std::string& path) {
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return cgroup_error("open", path, errno);
  return directory;
}

std::vector<std::string> child_cgroups(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (!directory) return names;
  // One reader for each stream, so it is safe in glibc. NOLINTNEXTLINE(concurrency-mt-unsafe)
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

std::vector<pid_t> processes_below(const std::string& path) {
  std::vector<pid_t> pids;
  for_each_below(path, [&](const std::string& group) { append_processes(group, pids); });
  return pids;
}

Status remove_cgroup(const std::string& path) {
  for (const std::string& child : child_cgroups(path))
    CHECK_OK(remove_cgroup(path + "/" + child));
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return cgroup_error("remove", path, errno);
  return Ok{};
}

void kill_v2(const std::string& path) {
  (void)write_cgroup_file(path + "/cgroup.kill", "1");
}

void kill_listed(const std::string& path) {
  for (const pid_t pid : processes_below(path)) {
    if (pid != ::getpid()) ::kill(pid, SIGKILL);
  }
}

void kill_frozen(const std::string& freezer_path) {
  const std::string state = freezer_path + "/freezer.state";
  (void)write_cgroup_file(state, "FROZEN");
  for (int i = 0; i < kFreezeAttempts; ++i) {
    if (const auto now = read_cgroup_file(state); !now || *now == "FROZEN\n") break;
    short_pause();
  }
  kill_listed(freezer_path);
  (void)write_cgroup_file(state, "THAWED");
}

void short_pause() {
  std::this_thread::sleep_for(kPause);
}

}  // namespace engine::sandbox
