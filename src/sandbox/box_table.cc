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

// For the init and the spawner, beside the run: a box is held to what its runs may use, and this.
constexpr Bytes kOwnMemory = 32_MiB;
constexpr int kOwnProcesses = 8;

constexpr std::chrono::seconds kLastPatience{10};
constexpr std::chrono::milliseconds kBuryPause{2};

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
    if (entry.state == State::kLiving) kill(entry);
  }
  const auto deadline = std::chrono::steady_clock::now() + kLastPatience;
  while (!bury() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kBuryPause);
  }
}

Result<BoxTable::Built> BoxTable::build(unsigned image) {
  if (image >= host_.roots.size()) return Error{Errc::kInvalid, "no such image", {}};
  Entry* entry = free_entry();
  if (entry == nullptr) {
    return Error{Errc::kOverloaded, "sandbox: too many boxes live or still die", {}};
  }
  const auto index = static_cast<int>(entry - entries_.data());
  BoxPlan plan;
  plan.root = host_.roots[image];
  plan.first_id = first_box_id(host_.instance.number, index);
  plan.mode = mode_;
  plan.init_program = host_.init_program.get();
  plan.strict_seccomp = options_.strict_seccomp;
  TRY(std::unique_ptr<BoxCgroup> cgroup, host_.cgroups->make_box(index, plan.first_id, ceiling_));
  TRY(Fd network, take_network());
  TRY(CgroupFds files, cgroup->open_run_files());
  plan.cgroup = cgroup.get();
  plan.network = network.get();
  TRY(BoxProcess process, start_box(plan));
  entry->state = State::kLiving;
  ++entry->life;
  entry->cgroup = std::move(cgroup);
  entry->pidfd = std::move(process.pidfd);
  entry->network = std::move(network);
  return Built{static_cast<unsigned>(index), entry->life, std::move(process.control),
               std::move(files)};
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

Result<Fd> BoxTable::take_network() {
  if (networks_.empty()) return make_network();
  Fd network = std::move(networks_.back());
  networks_.pop_back();
  return network;
}

BoxTable::Entry* BoxTable::free_entry() {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Entry& entry) { return entry.state == State::kFree; });
  return found == entries_.end() ? nullptr : &*found;
}

// The group first: it takes all at once, where the init's death reaches one process after another.
void BoxTable::kill(Entry& entry) {
  if (const Status killed = entry.cgroup->kill(); !killed) {
    log::warning("a box's cgroup cannot be killed", {
                                                        {"error", killed.error().message}
    });
  }
  ::syscall(SYS_pidfd_send_signal, entry.pidfd.get(), SIGKILL, nullptr, 0);
  entry.state = State::kDying;
}

void BoxTable::bury(Entry& entry) {
  if (entry.state == State::kDying) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(entry.pidfd.get());
    if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) return;
    // The init of a process namespace is dead only after all others in it.
    entry.pidfd = Fd();
    networks_.push_back(std::move(entry.network));
    entry.state = State::kDead;
  }
  if (entry.state != State::kDead || !entry.cgroup->remove()) return;
  entry.cgroup.reset();
  entry.state = State::kFree;
}

}  // namespace engine::sandbox
