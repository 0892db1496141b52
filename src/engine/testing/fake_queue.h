#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "queue/queue.h"

namespace engine::testing {

// A queue in memory without time: delays are noted and not waited for, and a lease ends only when
// the test says so. Safe from any thread.
class FakeQueue final : public Queue {
 public:
  // Until clear_failure(), push() fails so.
  void fail_push_with(Error error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }
  void clear_failure() {
    const std::lock_guard lock(mutex_);
    failure_.reset();
  }

  // As if every lease ran out: the ids wait again, and the old tickets are good for nothing.
  void lose_leases() {
    const std::lock_guard lock(mutex_);
    for (auto& [ticket, item] : leased_)
      waiting_.push_back(item);
    leased_.clear();
    changed_.notify_all();
  }

  // Every item that was ever pushed, and every delay of a hand_back(), in order.
  std::vector<Item> pushed() const {
    const std::lock_guard lock(mutex_);
    return pushed_;
  }
  std::vector<Milliseconds> hand_back_delays() const {
    const std::lock_guard lock(mutex_);
    return delays_;
  }

  // Puts a stranger's job there, which brings its request along.
  void push_request(const SubmissionId& id, std::string request) {
    const std::lock_guard lock(mutex_);
    requests_[id] = std::move(request);
    waiting_.push_back({.submission = id});
    changed_.notify_all();
  }

  // As if another process had done it.
  void tell(const Event& event) {
    const std::lock_guard lock(listening_);
    if (listener_) listener_(event);
  }
  void place(const SubmissionId& id, Place place) {
    const std::lock_guard lock(mutex_);
    places_[id] = std::move(place);
  }

  // How the leases ended, in order: a result, or "failed: " and the reason.
  std::vector<std::string> endings() const {
    const std::lock_guard lock(mutex_);
    return endings_;
  }
  std::vector<std::string> progress_told() const {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  std::vector<std::string> logged() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  int counted() const {
    const std::lock_guard lock(mutex_);
    return counted_;
  }

  Status push(const Item& item) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    if (holds(item.submission)) return Ok{};
    pushed_.push_back(item);
    waiting_.push_back(item);
    changed_.notify_all();
    return Ok{};
  }

  Result<Lease> take(Milliseconds patience) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return closed_ || !waiting_.empty(); });
    if (closed_ || waiting_.empty()) return Error{Errc::kNotFound, "nothing to take", {}};
    const Item item = waiting_.front();
    waiting_.pop_front();
    const Ticket ticket{std::to_string(++tickets_)};
    leased_.emplace(ticket, item);
    const auto request = requests_.find(item.submission);
    return Lease{.ticket = ticket,
                 .submission = item.submission,
                 .request = request == requests_.end() ? "" : request->second};
  }

  Status renew(const Ticket& ticket) override {
    const std::lock_guard lock(mutex_);
    return leased_.contains(ticket) ? Status(Ok{}) : Status(gone());
  }

  Status done(const Ticket& ticket, const std::string& result) override {
    return end(ticket, result);
  }
  Status fail(const Ticket& ticket, const std::string& reason) override {
    return end(ticket, "failed: " + reason);
  }

  Result<bool> hand_back(const Ticket& ticket, Milliseconds delay, Counted counted) override {
    const std::lock_guard lock(mutex_);
    const auto found = leased_.find(ticket);
    if (found == leased_.end()) return gone();
    waiting_.push_back(found->second);
    leased_.erase(found);
    delays_.push_back(delay);
    counted_ += counted == Counted::kYes;
    changed_.notify_all();
    return true;
  }

  void progress(const Ticket&, const std::string& json) override {
    const std::lock_guard lock(mutex_);
    progress_.push_back(json);
  }
  void log(const Ticket&, const std::string& line) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }

  Status remove(const SubmissionId& submission) override {
    const std::lock_guard lock(mutex_);
    const auto removed =
        std::erase_if(waiting_, [&](const Item& item) { return item.submission == submission; });
    if (removed == 0) return Error{Errc::kNotFound, "it does not wait here", {}};
    return Ok{};
  }

  Result<std::vector<Place>> look(const std::vector<SubmissionId>& submissions) override {
    const std::lock_guard lock(mutex_);
    std::vector<Place> places;
    for (const auto& id : submissions) {
      if (const auto placed = places_.find(id); placed != places_.end()) {
        places.push_back(placed->second);
        continue;
      }
      const bool is_leased = std::any_of(leased_.begin(), leased_.end(), [&](const auto& lease) {
        return lease.second.submission == id;
      });
      const auto elsewhere = holds(id) ? Place::Kind::kWaiting : Place::Kind::kUnknown;
      places.push_back({.kind = is_leased ? Place::Kind::kLeased : elsewhere});
    }
    return places;
  }

  void watch(Listener listener) override {
    const std::lock_guard lock(listening_);
    listener_ = std::move(listener);
  }

  std::optional<std::string> problem() const override {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure_->message;
    return std::nullopt;
  }

  Counts counts() const override {
    const std::lock_guard lock(mutex_);
    return {.waiting = waiting_.size(), .leased = leased_.size()};
  }

  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  static Error gone() { return {Errc::kConflict, "the lease ran out", {}}; }

  Status end(const Ticket& ticket, std::string ending) {
    const std::lock_guard lock(mutex_);
    if (leased_.erase(ticket) == 0) return gone();
    endings_.push_back(std::move(ending));
    return Ok{};
  }

  bool holds(const SubmissionId& id) const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const Item& item) { return item.submission == id; }) ||
           std::any_of(leased_.begin(), leased_.end(),
                       [&](const auto& lease) { return lease.second.submission == id; });
  }

  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable changed_;
  std::optional<Error> failure_;
  bool closed_ = false;
  int tickets_ = 0;
  std::deque<Item> waiting_;
  std::map<Ticket, Item> leased_;
  std::vector<Item> pushed_;
  std::vector<Milliseconds> delays_;
  int counted_ = 0;
  std::map<SubmissionId, std::string> requests_;
  std::map<SubmissionId, Place> places_;
  std::vector<std::string> endings_;
  std::vector<std::string> progress_;
  std::vector<std::string> lines_;

  std::mutex listening_;  // Held while the listener is called; guards it.
  Listener listener_;
};

}  // namespace engine::testing
