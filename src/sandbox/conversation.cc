#include "sandbox/conversation.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "sandbox/cgroup.h"
#include "sandbox/os_error.h"
#include "sandbox/stop_signal.h"

namespace engine::sandbox {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kMostHeardAtOnce = 256 << 10;  // So that no claim of a size takes memory.

Error ended() {
  return {Errc::kUnavailable, "the run that was talked with has ended", {}};
}

bool is_for_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

// A socket rather than pipes: writing to one whose reader is dead is an error and no signal. What
// descriptors come with bytes is never asked for, so the kernel drops them.
Result<std::unique_ptr<Conversation>> Conversation::open() {
  int raw[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw) != 0) return os_error("socketpair");
  return std::unique_ptr<Conversation>(new Conversation(Fd(raw[0]), Fd(raw[1])));
}

Conversation::Conversation(Fd ours, Fd theirs)
    : ours_(std::move(ours)), theirs_(std::move(theirs)) {}

Status Conversation::say(std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::send(ours_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (!is_for_later(errno)) {
      return ended();
    } else {
      CHECK_OK(wait_for(POLLOUT, patience));
    }
  }
  return Ok{};
}

Result<std::string> Conversation::hear(std::size_t size, const Patience& patience) {
  std::string heard;
  while (heard.size() < size) {
    const std::size_t have = heard.size();
    heard.resize(have + std::min(size - have, kMostHeardAtOnce));
    const ssize_t count =
        ::recv(ours_.get(), heard.data() + have, heard.size() - have, MSG_DONTWAIT);
    const int error = errno;
    heard.resize(have + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0 || (count < 0 && !is_for_later(error))) return ended();
    if (count < 0) CHECK_OK(wait_for(POLLIN, patience));
  }
  return heard;
}

bool Conversation::is_quiet() const {
  char byte = 0;
  const ssize_t count = ::recv(ours_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return count < 0 && is_for_later(errno);
}

Status Conversation::wait_for(short events, const Patience& patience) const {
  const StopSignal stop(patience.stop);
  std::array<pollfd, 2> waits = {
      {{ours_.get(), events, 0}, {stop.fd(), POLLIN, 0}}
  };
  const auto left =
      std::max<std::chrono::nanoseconds>(patience.deadline - steady_clock::now(), 0ns);
  const timespec most = {static_cast<time_t>(left / 1s), static_cast<long>((left % 1s) / 1ns)};
  const int count = ::ppoll(waits.data(), waits.size(), &most, nullptr);
  if (patience.stop.stop_requested()) return Error{Errc::kConflict, "a stop was requested", {}};
  if (count == 0) return Error{Errc::kNotFound, "the run that was talked with is silent", {}};
  return Ok{};
}

std::optional<Microseconds> Conversation::cpu_time() const {
  const std::lock_guard lock(mutex_);
  if (meter_ == nullptr) return std::nullopt;
  const auto used = meter_->cpu_time();
  return used ? std::optional(*used) : std::nullopt;
}

void Conversation::begin(const RunMeter& meter) {
  const std::lock_guard lock(mutex_);
  meter_ = &meter;
}

void Conversation::handed_over() {
  theirs_ = Fd();
}

void Conversation::over() {
  handed_over();
  const std::lock_guard lock(mutex_);
  meter_ = nullptr;
}

}  // namespace engine::sandbox
