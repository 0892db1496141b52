#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/cgroup.h"
#include "sandbox/cgroup_box.h"
#include "sandbox/cgroup_dir.h"

namespace engine::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kSweepPatience{5'000};
constexpr std::chrono::milliseconds kLockPatience = 2 * kSweepPatience;
constexpr int kMakeAttempts = 10;  // Against an ending engine that removes the empty parent.
constexpr int kMoveRounds = 10;    // Against processes that fork while they are moved.

// The dot keeps it apart from every instance.
constexpr const char* kMovedProcesses = "engine.processes";

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Status check_names(const std::string& parent, const std::string& instance) {
  for (const std::string& part : components(parent)) {
    if (part.empty() || part == "." || part == "..") {
      return Error{Errc::kInvalid, "cgroups: '" + parent + "' is no relative path", {}};
    }
  }
  const bool plain = std::all_of(instance.begin(), instance.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (instance.empty() || !plain) {
    return Error{Errc::kInvalid,
                 "cgroups: instance '" + instance + "': letters, digits, '-' and '_' only",
                 {}};
  }
  return Ok{};
}

class Tree final : public CgroupTree {
 public:
  Tree(Hierarchies hierarchies, std::string parent, const std::string& instance)
      : hierarchies_(std::move(hierarchies)),
        parent_(std::move(parent)),
        subtree_(parent_ + "/" + instance) {
    if (hierarchies_.mode != CgroupMode::kV1) mounts_.push_back(hierarchies_.v2);
    if (hierarchies_.mode == CgroupMode::kV2) return;
    for (const auto& [controller, mount] : hierarchies_.v1) {
      if (std::find(mounts_.begin(), mounts_.end(), mount) == mounts_.end()) {
        mounts_.push_back(mount);
      }
    }
  }

  ~Tree() override {
    if (!lock_.is_open()) return;  // Never ours.
    (void)sweep();
    for (const std::string& mount : mounts_)
      (void)remove_cgroup(mount + "/" + subtree_);
    // Deepest first; one that another instance uses stays, since it is not empty.
    for (auto made = made_.rbegin(); made != made_.rend(); ++made)
      ::rmdir(made->c_str());
  }

  Status make() {
    CHECK_OK(lock());
    for (const std::string& mount : mounts_)
      CHECK_OK(make_path(mount));
    CHECK_OK(sweep());
    if (hierarchies_.mode == CgroupMode::kV2) CHECK_OK(enable_path());
    return Ok{};
  }

  Result<std::unique_ptr<BoxCgroup>> make_box(int index, uid_t owner,
                                              const BoxCeiling& ceiling) override {
    return make_box_cgroup(hierarchies_, subtree_, index, owner, ceiling);
  }

  const Hierarchies& hierarchies() const override { return hierarchies_; }

 private:
  Status make_path(const std::string& mount) {
    for (int attempt = 1;; ++attempt) {
      Status made = make_path_once(mount);
      if (made || made.error().code != Errc::kNotFound || attempt == kMakeAttempts) return made;
    }
  }

  Status make_path_once(const std::string& mount) {
    std::string path = mount;
    for (const std::string& part : components(parent_)) {
      path += "/" + part;
      if (path_exists(path)) continue;
      CHECK_OK(make_cgroup(path));
      if (std::find(made_.begin(), made_.end(), path) == made_.end()) made_.push_back(path);
    }
    return make_cgroup(mount + "/" + subtree_);
  }

  // An engine that was killed a moment ago still holds the lock while its manager tidies up, and
  // removes the directory at the end: its successor waits for that.
  Status lock() {
    Status status = retry_for(kLockPatience, [this] { return try_lock(); });
    if (status || status.error().code != Errc::kUnavailable) return status;
    return Error{Errc::kConflict, std::move(status).error().message, {}};
  }

  // The lock is on the instance's directory in the first hierarchy. It ends with this process and
  // those of its children that have not called execve.
  Status try_lock() {
    const std::string path = mounts_.front() + "/" + subtree_;
    const Error taken{Errc::kUnavailable, "cgroups: another engine uses " + path, {}};
    CHECK_OK(make_path(mounts_.front()));
    auto directory = open_cgroup(path);
    if (!directory && directory.error().code == Errc::kNotFound) return taken;
    TRY(Fd opened, std::move(directory));
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) return taken;
    // Its last holder may have removed it between our open and our lock.
    struct stat held{}, named{};
    if (::fstat(opened.get(), &held) != 0 || ::stat(path.c_str(), &named) != 0 ||
        held.st_ino != named.st_ino) {
      return taken;
    }
    lock_ = std::move(opened);
    return Ok{};
  }

  Status sweep() {
    return retry_for(kSweepPatience, [&]() -> Status {
      kill_all();
      for (const std::string& mount : mounts_) {
        for (const std::string& box : boxes_in(mount))
          CHECK_OK(remove_cgroup(box));
      }
      return Ok{};
    });
  }

  std::vector<std::string> boxes_in(const std::string& mount) const {
    const bool is_v2 = mount == hierarchies_.v2;
    const fs::path prefix = mount + "/" + (is_v2 ? box_prefix_v2 : box_prefix_v1)(subtree_);
    const std::string parent = prefix.parent_path();
    std::vector<std::string> boxes;
    for (const std::string& name : child_cgroups(parent)) {
      if (name.starts_with(prefix.filename().string())) boxes.push_back(parent + "/" + name);
    }
    return boxes;
  }

  void kill_all() {
    if (hierarchies_.mode != CgroupMode::kV1) {
      kill_v2(hierarchies_.v2 + "/" + subtree_);
    } else {
      for (const std::string& box : boxes_in(hierarchies_.v1.at("freezer")))
        kill_frozen(box);
    }
    // What was caught between its birth and its place in every hierarchy.
    for (const std::string& mount : mounts_) {
      for (const std::string& box : boxes_in(mount))
        kill_listed(box);
    }
  }

  Status enable_path() {
    std::string path = hierarchies_.v2;
    CHECK_OK(enable_level(path));
    for (const std::string& part : components(subtree_)) {
      path += "/" + part;
      CHECK_OK(enable_level(path));
    }
    return Ok{};
  }

  // v2 knows no cgroup with both processes and controlled children, its true root excepted.
  Status enable_level(const std::string& path) {
    Status enabled = enable_controllers(path);
    if (enabled || enabled.error().code != Errc::kUnavailable) return enabled;
    CHECK_OK(move_own_processes(path));
    return enable_controllers(path);
  }

  Status move_own_processes(const std::string& from) {
    TRY(const std::string listing, read_cgroup_file(from + "/cgroup.procs"));
    if (("\n" + listing).find("\n" + std::to_string(::getpid()) + "\n") == std::string::npos) {
      return Error{Errc::kInvalid,
                   "cgroups: foreign processes sit in " + from +
                       ", so its controllers cannot be shared out; name another cgroup parent",
                   {}};
    }
    const std::string to = hierarchies_.v2 + "/" + parent_ + "/" + kMovedProcesses;
    CHECK_OK(make_cgroup(to));
    for (int round = 0; round < kMoveRounds; ++round) {
      TRY(const std::string pids, read_cgroup_file(from + "/cgroup.procs"));
      if (pids.empty()) break;
      for (const std::string& pid : components_of_lines(pids)) {
        // One that ended meanwhile is no failure; one that stays shows when the controllers go on.
        (void)write_cgroup_file(to + "/cgroup.procs", pid);
      }
    }
    return Ok{};
  }

  static std::vector<std::string> components_of_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      if (line != "0")
        lines.push_back(line);  // 0 is a process of a pid namespace that is not ours.
      at = end + 1;
    }
    return lines;
  }

  Hierarchies hierarchies_;
  std::string parent_;
  std::string subtree_;              // <parent>/<instance>, below each mount.
  std::vector<std::string> mounts_;  // Each once, however many controllers it carries.
  std::vector<std::string> made_;    // Cgroups above the instance that were not there before.
  Fd lock_;
};

}  // namespace

Result<std::unique_ptr<CgroupTree>> CgroupTree::create(const Hierarchies& hierarchies,
                                                       const std::string& parent,
                                                       const std::string& instance) {
  CHECK_OK(check_names(parent, instance));
  auto tree = std::make_unique<Tree>(hierarchies, parent, instance);
  CHECK_OK(tree->make());
  return std::unique_ptr<CgroupTree>(std::move(tree));
}

}  // namespace engine::sandbox
