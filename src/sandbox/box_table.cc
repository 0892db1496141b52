#include "sandbox/box_table.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "sandbox/manager_process.h"
#include "sandbox/os_error.h"

namespace engine::sandbox {
namespace {

// For mother and spawner, beside the run: a box is held to what its runs may use, and this.
constexpr Bytes kOwnMemory = 32_MiB;
constexpr int kOwnProcesses = 8;

constexpr std::chrono::seconds kLastPatience{10};
constexpr std::chrono::milliseconds kBetweenBurials{2};

}  // namespace

BoxTable::BoxTable(const ManagerHost& host, const NativeOptions& options)
    : host_(host),
      options_(options),
      mode_(host.cgroups->hierarchies().mode),
      ceiling_{options.ceiling.memory + options.ceiling.disk + kOwnMemory,
               options.ceiling.processes + kOwnProcesses},
      entries_(static_cast<std::size_t>(box_limit(options))) {}

BoxTable::~BoxTable() {
  for (Entry& entry : entries_) {
    if (entry.state != State::kLiving) continue;
    kill_group(entry);
    kill(entry);
  }
  const auto deadline = std::chrono::steady_clock::now() + kLastPatience;
  while (!bury() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kBetweenBurials);
  }
}

Result<BoxTable::Built> BoxTable::build(unsigned image, unsigned pin) {
  if (image >= host_.roots.size()) return Error{Errc::kInvalid, "no such image", {}};
  if (pin >= host_.processors.size()) return Error{Errc::kInvalid, "no such processor", {}};
  Entry* entry = free_entry();
  if (entry == nullptr) {
    return Error{Errc::kOverloaded, "sandbox: too many boxes live or still die", {}};
  }
  CHECK_OK(prepare(*entry));
  auto process = start(*entry, image, pin);
  if (!process) {
    entry->cgroup.reset();
    return std::move(process).error();
  }
  entry->state = State::kLiving;
  ++entry->life;
  entry->pidfd = std::move(process->pidfd);
  return Built{index_of(*entry), entry->life, std::move(process->mother), &entry->files};
}

void BoxTable::destroy(unsigned box, unsigned life) {
  if (box >= entries_.size()) return;
  Entry& entry = entries_[box];
  if (entry.state == State::kLiving && entry.life == life) kill(entry);
}

bool BoxTable::bury() {
  for (Entry& entry : entries_)
    bury(entry);
  return std::none_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.state == State::kDying || entry.state == State::kDead;
  });
}

std::vector<int> BoxTable::dying_pidfds() const {
  std::vector<int> fds;
  for (const Entry& entry : entries_) {
    if (entry.state == State::kDying) fds.push_back(entry.pidfd.get());
  }
  return fds;
}

BoxTable::Entry* BoxTable::free_entry() {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Entry& entry) { return entry.state == State::kFree; });
  return found == entries_.end() ? nullptr : &*found;
}

unsigned BoxTable::index_of(const Entry& entry) const {
  return static_cast<unsigned>(&entry - entries_.data());
}

// Makes what a dead box has not left.
Status BoxTable::prepare(Entry& entry) {
  if (!entry.network.is_open()) {
    TRY(entry.network, make_network());
  }
  if (entry.cgroup != nullptr) return Ok{};
  const auto index = static_cast<int>(index_of(entry));
  const uid_t owner = first_box_id(host_.instance.number, index);
  TRY(auto cgroup, host_.cgroups->make_box(index, owner, ceiling_));
  TRY(entry.files, cgroup->open_run_files());
  entry.cgroup = std::move(cgroup);
  return Ok{};
}

Result<BoxProcess> BoxTable::start(Entry& entry, unsigned image, unsigned pin) const {
  BoxPlan plan;
  plan.root = host_.roots[image];
  plan.first_id = first_box_id(host_.instance.number, static_cast<int>(index_of(entry)));
  plan.cgroup = entry.cgroup.get();
  plan.mode = mode_;
  plan.network = entry.network.get();
  plan.init_program = host_.init_program.get();
  plan.strict_seccomp = options_.strict_seccomp;
  if (options_.pinned) plan.processor = host_.processors[pin];
  return start_box(plan);
}

// Not the group: a group that was killed is of no more use, and what could make the mother's own
// death slow, the worker has killed before.
void BoxTable::kill(Entry& entry) {
  ::syscall(SYS_pidfd_send_signal, entry.pidfd.get(), SIGKILL, nullptr, 0);
  entry.state = State::kDying;
  entry.impatient_at = std::chrono::steady_clock::now() + kPatience;
}

void BoxTable::kill_group(Entry& entry) {
  if (const Status killed = entry.cgroup->kill(); !killed) {
    log::warning("a box's cgroup cannot be killed", {
                                                        {"error", killed.error().message}
    });
  }
}

void BoxTable::bury(Entry& entry) {
  if (entry.state == State::kDying) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(entry.pidfd.get());
    if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) {
      if (std::chrono::steady_clock::now() >= entry.impatient_at) kill_group(entry);
      return;
    }
    // The mother is the init of a process namespace, and dead only after all others in it.
    entry.pidfd = Fd();
    entry.state = State::kDead;
  }
  if (entry.state != State::kDead) return;
  if (!entry.cgroup->renew()) {
    if (!entry.cgroup->remove()) return;
    entry.cgroup.reset();
  }
  entry.state = State::kFree;
}

}  // namespace engine::sandbox
