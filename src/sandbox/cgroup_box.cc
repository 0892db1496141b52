#include "sandbox/cgroup_box.h"

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "sandbox/cgroup_detect.h"
#include "sandbox/cgroup_dir.h"

namespace engine::sandbox {
namespace {

constexpr std::chrono::milliseconds kKillPatience{2'000};  // For v1's freezer rounds.
constexpr std::chrono::milliseconds kDestroyPatience{50};  // The tree tries again.
constexpr std::chrono::milliseconds kLeftoverPatience{1'000};

// The mother makes one leaf a life and removes it; an older one may still be dying.
constexpr const char* kMaxLeaves = "16";

constexpr const char* kMemoryAndSwap = "/memory.memsw.limit_in_bytes";

// So that a box's mother is heard among the spinning processes of its run.
constexpr const char* kInitWeight = "1000";

Status hand_over(const std::string& path, uid_t owner) {
  if (::chown(path.c_str(), owner, owner) != 0) return cgroup_error("hand over", path, errno);
  return Ok{};
}

class CgroupBox final : public BoxCgroup {
 public:
  CgroupBox(const Hierarchies& hierarchies, const std::string& instance, int index,
            const BoxCeiling& ceiling)
      : mode_(hierarchies.mode), counts_swap_(counts_swap(hierarchies)), ceiling_(ceiling) {
    const std::string number = std::to_string(index);
    if (mode_ != CgroupMode::kV1) v2_ = hierarchies.v2 + "/" + box_prefix_v2(instance) + number;
    if (mode_ == CgroupMode::kV2) return;
    for (const auto& [controller, mount] : hierarchies.v1)
      v1_[controller] = mount + "/" + box_prefix_v1(instance) + number;
  }

  ~CgroupBox() override {
    if (!removed_) (void)retry_for(kDestroyPatience, [&] { return kill_and_remove(); });
  }

  Status make(uid_t owner) {
    CHECK_OK(remove_leftover());
    removed_ = false;
    if (mode_ == CgroupMode::kV2) {
      CHECK_OK(make_v2(owner));
    } else {
      CHECK_OK(make_v1());
      if (mode_ == CgroupMode::kHybrid) CHECK_OK(make_placement(owner));
    }
    CHECK_OK(open_tasks());
    if (v2_.empty()) return Ok{};
    TRY(init_, open_cgroup(v2_ + "/init"));
    TRY(box_, open_cgroup(v2_));
    return Ok{};
  }

  int init_fd() const override { return init_.get(); }
  int box_fd() const override { return box_.get(); }

  Status attach_self() override {
    for (const Fd& tasks : tasks_) {
      if (::write(tasks.get(), "0", 1) != 1) return cgroup_error("enter", "a v1 cgroup", errno);
    }
    return Ok{};
  }

  Result<CgroupFds> open_run_files() const override {
    CgroupFds files;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto file = static_cast<CgroupFile>(i);
      const char* name = cgroup_file_name(mode_, file);
      if (name == nullptr || is_of_leaf(mode_, file)) continue;
      const std::string path = group_of(file) + "/" + name;
      const int access = is_written(mode_, file) ? O_RDWR : O_RDONLY;
      files[i] = Fd(::open(path.c_str(), access | O_CLOEXEC));
      if (!files[i].is_open() && !is_optional(mode_, file)) {
        return cgroup_error("open", path, errno);
      }
    }
    return files;
  }

  Status kill() override {
    killed_ = true;
    if (!v2_.empty()) {
      kill_v2(v2_);
      return Ok{};
    }
    return retry_for(kKillPatience, [&]() -> Status {
      kill_frozen(v1_.at("freezer"));
      if (empty()) return Ok{};
      return Error{Errc::kUnavailable, "cgroups: a box does not die: " + v1_.at("freezer"), {}};
    });
  }

  bool empty() const override {
    if (v2_.empty()) return processes_below(v1_.at("freezer")).empty();
    const auto events = read_cgroup_file(v2_ + "/cgroup.events");
    return !events || events->find("populated 0") != std::string::npos;
  }

  Status renew() override {
    if (killed_) return Error{Errc::kUnavailable, "cgroups: a killed group is of no more use", {}};
    if (box_.is_open()) CHECK_OK(remove_leaves());
    if (mode_ == CgroupMode::kV2) return Ok{};
    // The last run's limits would bind the next box while it is set up.
    CHECK_OK(limit(run_path(v1_.at("memory")) + "/memory.limit_in_bytes", ceiling_.memory.count));
    return write_cgroup_file(run_path(v1_.at("pids")) + "/pids.max", "max");
  }

  Status remove() override {
    if (!v2_.empty()) CHECK_OK(remove_cgroup(v2_));
    for (const auto& [controller, path] : v1_)
      CHECK_OK(remove_cgroup(path));
    removed_ = true;
    return Ok{};
  }

 private:
  // A box of the same index whose last process was slow to die.
  Status remove_leftover() {
    if (remove()) return Ok{};
    return retry_for(kLeftoverPatience, [&] { return kill_and_remove(); });
  }

  Status kill_and_remove() {
    CHECK_OK(kill());
    return remove();
  }

  Status make_v2(uid_t owner) {
    CHECK_OK(make_cgroup(v2_));
    CHECK_OK(limit(v2_ + "/memory.max", ceiling_.memory.count));
    if (path_exists(v2_ + "/memory.swap.max")) CHECK_OK(limit(v2_ + "/memory.swap.max", 0));
    CHECK_OK(limit(v2_ + "/pids.max", ceiling_.processes));
    CHECK_OK(write_cgroup_file(v2_ + "/cgroup.max.depth", "1"));
    CHECK_OK(write_cgroup_file(v2_ + "/cgroup.max.descendants", kMaxLeaves));
    CHECK_OK(enable_controllers(v2_));
    const std::string init = v2_ + "/init";
    CHECK_OK(make_cgroup(init));
    if (path_exists(init + "/cpu.weight")) {
      CHECK_OK(write_cgroup_file(init + "/cpu.weight", kInitWeight));
    }
    CHECK_OK(hand_over(v2_, owner));
    CHECK_OK(hand_over(v2_ + "/cgroup.subtree_control", owner));
    CHECK_OK(hand_over(v2_ + "/cgroup.procs", owner));
    return hand_over(init + "/cgroup.procs", owner);
  }

  // Hybrid: v2 without controllers. To clone from `init` into a leaf that it made, a mother needs
  // the right to write the cgroup.procs of their common parent.
  Status make_placement(uid_t owner) {
    CHECK_OK(make_cgroup(v2_));
    CHECK_OK(make_cgroup(v2_ + "/init"));
    CHECK_OK(write_cgroup_file(v2_ + "/cgroup.max.depth", "1"));
    CHECK_OK(write_cgroup_file(v2_ + "/cgroup.max.descendants", kMaxLeaves));
    CHECK_OK(hand_over(v2_, owner));
    return hand_over(v2_ + "/cgroup.procs", owner);
  }

  Status make_v1() {
    for (const auto& [controller, path] : v1_) {
      CHECK_OK(make_cgroup(path));
      if (const std::string run = run_path(path); run != path) CHECK_OK(make_cgroup(run));
    }
    const std::string& memory = v1_.at("memory");
    CHECK_OK(limit(memory + "/memory.limit_in_bytes", ceiling_.memory.count));
    if (counts_swap_) CHECK_OK(limit(memory + kMemoryAndSwap, ceiling_.memory.count));
    // At its limit of memory a run is killed then, and never swapped out.
    CHECK_OK(limit(run_path(memory) + "/memory.swappiness", 0));
    return limit(v1_.at("pids") + "/pids.max", ceiling_.processes);
  }

  Status open_tasks() {
    tasks_.clear();
    std::set<std::string> paths;  // One mount may carry several controllers.
    for (const auto& [controller, path] : v1_)
      paths.insert(run_path(path) + "/tasks");
    for (const std::string& path : paths) {
      tasks_.emplace_back(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      if (!tasks_.back().is_open()) return cgroup_error("open", path, errno);
    }
    return Ok{};
  }

  // Those that the mother made and had no time to remove.
  Status remove_leaves() const {
    for (const std::string& name : child_cgroups(v2_)) {
      if (name == "init") continue;
      if (::unlinkat(box_.get(), name.c_str(), AT_REMOVEDIR) != 0) {
        return cgroup_error("remove", v2_ + "/" + name, errno);
      }
    }
    return Ok{};
  }

  static Status limit(const std::string& path, std::int64_t value) {
    return write_cgroup_file(path, std::to_string(value));
  }

  // Where a v1 hierarchy has the tasks: one level down if the group has one limit and not two,
  // since that of the box must not be that of the run.
  std::string run_path(const std::string& path) const {
    const bool limited = path == v1_.at("pids") || (path == v1_.at("memory") && !counts_swap_);
    return limited ? path + "/run" : path;
  }

  std::string group_of(CgroupFile file) const {
    switch (file) {
      case CgroupFile::kCpu: return run_path(v1_.at("cpuacct"));
      case CgroupFile::kPidsMax:
      case CgroupFile::kPidsNow:
      case CgroupFile::kPidsPeak: return run_path(v1_.at("pids"));
      default: return run_path(v1_.at("memory"));
    }
  }

  const CgroupMode mode_;
  const bool counts_swap_;
  const BoxCeiling ceiling_;
  std::string v2_;                         // The box's directory; empty on pure v1.
  std::map<std::string, std::string> v1_;  // Controller -> the box's directory; empty on pure v2.
  std::vector<Fd> tasks_;
  Fd init_;
  Fd box_;
  bool removed_ = true;
  bool killed_ = false;
};

}  // namespace

std::string box_prefix_v2(const std::string& instance) {
  return instance + "/box";
}

std::string box_prefix_v1(const std::string& instance) {
  return instance + ".box";
}

Status enable_controllers(const std::string& path) {
  TRY(const std::string available, read_cgroup_file(path + "/cgroup.controllers"));
  const std::string control = path + "/cgroup.subtree_control";
  TRY(const std::string enabled, read_cgroup_file(control));
  for (const char* controller : {"memory", "pids"}) {
    if (!has_word(available, controller)) {
      return Error{Errc::kInvalid,
                   std::string("cgroups: the controller '") + controller +
                       "' is not available in " + path +
                       "; run as root, or under systemd with Delegate=yes",
                   {}};
    }
  }
  if (!has_word(enabled, "memory") || !has_word(enabled, "pids")) {
    CHECK_OK(write_cgroup_file(control, "+memory +pids"));
  }
  // Refused where real-time tasks run; boxes then compete for the processor task by task.
  if (has_word(available, "cpu") && !has_word(enabled, "cpu")) {
    (void)write_cgroup_file(control, "+cpu");
  }
  return Ok{};
}

Result<std::unique_ptr<BoxCgroup>> make_box_cgroup(const Hierarchies& hierarchies,
                                                   const std::string& instance, int index,
                                                   uid_t owner, const BoxCeiling& ceiling) {
  auto box = std::make_unique<CgroupBox>(hierarchies, instance, index, ceiling);
  CHECK_OK(box->make(owner));
  return std::unique_ptr<BoxCgroup>(std::move(box));
}

}  // namespace engine::sandbox
