#include "queue/bullmq_caretaker.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/log.h"

namespace engine::bullmq {
namespace {

constexpr Milliseconds kLookAround{5'000};
constexpr Milliseconds kFirstPause{100};
constexpr Milliseconds kLongestPause{5'000};

}  // namespace

std::vector<redis::Command> commands_of(const Wire& wire, const Leases::Notes& notes) {
  std::vector<redis::Command> commands;
  commands.reserve(notes.lines.size() + 1);
  for (const auto& line : notes.lines)
    commands.push_back(wire.log(notes.job, line));
  if (notes.progress) commands.push_back(wire.progress(notes.job, *notes.progress));
  return commands;
}

Caretaker::Caretaker(redis::Pool& pool, const Wire& wire, Leases& leases, Options options,
                     const Clock& clock)
    : pool_(pool), wire_(wire), leases_(leases), options_(std::move(options)), clock_(clock) {}

void Caretaker::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Caretaker::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Caretaker::ring() {
  const std::lock_guard lock(mutex_);
  is_rung_ = true;
  bell_.notify_all();
}

void Caretaker::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool is_away = pool_.is_away();
    if (is_away) {
      reconnect();
    } else {
      work();
    }
    std::unique_lock lock(mutex_);
    const auto next = pool_.is_away() ? next_try_ : std::min(next_check_, next_look_);
    bell_.wait_until(lock, stop, next, [this] { return is_rung_; });
    is_rung_ = false;
  }
}

void Caretaker::reconnect() {
  const SteadyTime now = clock_.steady();
  if (pause_ == Milliseconds{0}) {
    log::warning("Redis is away; the queue waits for it");
    pause_ = kFirstPause;
    next_try_ = now;
  }
  if (now < next_try_) return;
  if (pool_.try_again()) {
    log::info("Redis is back");
    pause_ = Milliseconds{0};
    return work();
  }
  next_try_ = clock_.steady() + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void Caretaker::work() {
  send_notes();
  if (clock_.steady() >= next_look_) {
    look_around();
    next_look_ = clock_.steady() + kLookAround;
  }
  if (clock_.steady() < next_check_) return;
  const auto asked = pool_.ask(
      wire_.recover_stalled(options_.most_stalled, options_.stalled_interval, clock_.wall()));
  next_check_ = clock_.steady() + options_.stalled_interval;
  if (!asked) return;
  const auto& reply = asked->replies.front();
  if (reply.is_error()) {
    log::error("lost jobs cannot be looked for", {
                                                     {"reason", reply.text}
    });
  }
  for (const auto& id : reply.elements) {
    log::warning("a job waits again, as its worker was lost", {
                                                                  {"job", id.text}
    });
    options_.on_worker_lost();
  }
}

void Caretaker::look_around() {
  leases_.forget_expired();
  const auto asked = pool_.ask({"HEXISTS", wire_.key("meta"), "concurrency"});
  if (asked) has_concurrency_limit_ = asked->replies.front().integer == 1;
}

void Caretaker::send_notes() {
  std::vector<redis::Command> commands;
  const auto all = leases_.take_all_notes();
  for (const auto& notes : all)
    std::ranges::move(commands_of(wire_, notes), std::back_inserter(commands));
  if (!commands.empty()) (void)pool_.ask(commands);
  leases_.told(all);
}

}  // namespace engine::bullmq
