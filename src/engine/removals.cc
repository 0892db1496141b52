#include "engine/removals.h"

#include <utility>

#include "base/log.h"

namespace engine {
namespace {

using std::chrono::steady_clock;

constexpr int kDebts = 100;
constexpr std::size_t kMostAsked = 10'000;

// So many failures in a row are the place's, not those of single outputs. The next pass goes on
// behind them, so that no number of outputs that cannot be removed keeps the others for ever.
constexpr int kAway = 10;

}  // namespace

bool Removals::Luck::is_out() const {
  return failures >= kAway;
}

Removals::Removals(Store& store, Output& output, Options options)
    : store_(store), output_(output), options_(options) {}

void Removals::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Removals::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Removals::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  bell_.notify_all();
}

void Removals::soon(const SubmissionId& id) {
  const std::lock_guard lock(mutex_);
  if (asked_.size() >= kMostAsked) return;  // They go with the submission itself, at the latest.
  asked_.push_back(id);
  bell_.notify_all();
}

void Removals::loop(const std::stop_token& stop) {
  auto next_pass = steady_clock::now();
  for (;;) {
    bool is_due = false;
    {
      std::unique_lock lock(mutex_);
      bell_.wait_until(lock, stop, next_pass, [this] { return woken_ || !asked_.empty(); });
      is_due = std::exchange(woken_, false) || steady_clock::now() >= next_pass;
    }
    if (stop.stop_requested()) break;
    if (is_due) {
      pass(stop);
      next_pass = steady_clock::now() + options_.interval;
    } else {
      remove_asked(take_asked(false), stop);
    }
  }
  for (const SubmissionId& id : take_asked(false)) {
    if (!keep_what_counts(id)) break;
  }
}

void Removals::pass(const std::stop_token& stop) {
  remove_asked(take_asked(true), stop);
  if (const auto paid = pay_what_is_owed(stop); !paid) {
    log::warning("outputs that nobody wants remain for now", {
                                                                 {"reason", paid.error().message}
    });
  }
}

std::vector<SubmissionId> Removals::take_asked(bool left_too) {
  const std::lock_guard lock(mutex_);
  auto ids = std::exchange(asked_, {});
  if (left_too) {
    ids.insert(ids.end(), left_.begin(), left_.end());
    left_.clear();
  }
  return ids;
}

void Removals::remove_asked(const std::vector<SubmissionId>& ids, const std::stop_token& stop) {
  Luck luck;
  for (const SubmissionId& id : ids) {
    if (stop.stop_requested() || luck.is_out()) {
      leave(id);
      continue;
    }
    const auto removed = keep_what_counts(id);
    luck.note(removed);
    if (removed) continue;
    log::warning("outputs of a lost attempt remain for now",
                 {
                     {"submission", id.text                },
                     {"reason",     removed.error().message}
    });
    leave(id);
  }
}

// What is not noted here goes with the submission itself, at the latest.
void Removals::leave(const SubmissionId& id) {
  const std::lock_guard lock(mutex_);
  if (left_.size() < kMostAsked) left_.push_back(id);
}

// Goes on where the last pass broke off, and begins anew at the end: once through all.
Status Removals::pay_what_is_owed(const std::stop_token& stop) {
  Luck luck;
  Status all = Ok{};
  bool from_the_beginning = paid_up_to_.text.empty();
  while (!stop.stop_requested() && !luck.is_out()) {
    TRY(const auto owed, store_.owed(paid_up_to_, kDebts));
    if (auto paid = pay(owed, luck, stop); !paid) all = std::move(paid);
    if (owed.size() == static_cast<std::size_t>(kDebts)) continue;
    if (luck.is_out()) break;
    paid_up_to_ = {};
    if (std::exchange(from_the_beginning, true)) break;
  }
  return all;
}

// One that cannot be removed does not keep the others.
Status Removals::pay(const std::vector<Debt>& debts, Luck& luck, const std::stop_token& stop) {
  Status all = Ok{};
  std::vector<Debt> removed;
  for (const Debt& debt : debts) {
    if (stop.stop_requested() || luck.is_out()) break;
    auto status = keep_what_counts(debt.id);
    luck.note(status);
    paid_up_to_ = debt.id;
    if (status) {
      removed.push_back(debt);
    } else {
      all = std::move(status);
    }
  }
  CHECK_OK(store_.paid(removed));
  return all;
}

Status Removals::keep_what_counts(const SubmissionId& id) {
  const auto record = store_.find(id);
  if (!record && record.error().code != Errc::kNotFound) return record.error();
  const bool worthless = !record || record->state == State::kCancelled;
  return worthless ? output_.remove(id) : output_.remove_earlier(id, record->attempt);
}

}  // namespace engine
