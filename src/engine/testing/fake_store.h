#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "store/store.h"

namespace engine::testing {

// A store in memory that keeps the port's contract, callbacks from its own thread included. It can
// be told to fail, or to hold its commits back. Safe from any thread.
class FakeStore final : public Store {
 public:
  explicit FakeStore(const Clock& clock)
      : clock_(clock), thread_([this](const std::stop_token& stop) { commit_loop(stop); }) {}

  // Until clear_failure(), every call fails so and changes nothing.
  void fail_with(Error error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }
  void clear_failure() {
    const std::lock_guard lock(mutex_);
    failure_.reset();
  }

  // Every insert() fails so; nothing else does.
  void fail_inserts_with(Error error) {
    const std::lock_guard lock(mutex_);
    insert_failure_ = std::move(error);
  }

  // The same of finish().
  void fail_finishes_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    finish_failure_ = std::move(error);
  }

  // What insert() writes is readable from then on, and it fails so all the same.
  void fail_syncs_with(Error error) {
    const std::lock_guard lock(mutex_);
    sync_failure_ = std::move(error);
  }

  // Between the two, nothing that was asked for by insert() or finish() happens.
  void hold_commits() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release_commits() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  // How many were asked for and have not happened yet.
  std::size_t held_commits() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

  // Puts a submission in as if it came from an earlier life of the engine.
  void put(Submission submission, State state, int attempt) {
    const std::lock_guard lock(mutex_);
    Row& row = add(std::move(submission));
    row.record.state = state;
    row.record.attempt = attempt;
  }

  int finds() const {
    const std::lock_guard lock(mutex_);
    return finds_;
  }

  void insert(Submission submission, std::optional<IdempotencyKey> key, OnReadable on_readable,
              OnInserted on_inserted) override {
    commit([this, submission = std::move(submission), key = std::move(key),
            on_readable = std::move(on_readable), on_inserted = std::move(on_inserted)] {
      auto inserted = insert_now(submission, key);
      return [on_readable, on_inserted, inserted = std::move(inserted), failed = sync_failure_] {
        if (on_readable && inserted && !inserted->existed) on_readable();
        on_inserted(inserted && failed ? *failed : inserted);
      };
    });
  }

  void finish(const SubmissionId& id, int attempt, Outcome outcome, std::vector<Object> objects,
              OnFinished on_finished) override {
    commit([this, id, attempt, outcome = std::move(outcome), objects = std::move(objects),
            on_finished = std::move(on_finished)] {
      auto finished = finish_now(id, attempt, outcome, objects);
      return [on_finished, finished = std::move(finished)] { on_finished(finished); };
    });
  }

  Result<SubmissionId> find_repeated(const OwnerId& owner, const IdempotencyKey& key) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    const auto known = keys_.find({owner, key.key});
    if (known == keys_.end()) return Error{Errc::kNotFound, "unknown", {}};
    if (known->second.first != key.digest) return key_was_used();
    return known->second.second;
  }

  Result<Record> find(const SubmissionId& id) override {
    const std::lock_guard lock(mutex_);
    ++finds_;
    TRY(const Row* row, at(id));
    return row->record;
  }

  Result<std::string> object(const SubmissionId& id, int attempt,
                             const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find({id, attempt, name});
    if (found != objects_.end()) return found->second;
    return Error{Errc::kNotFound, "there is no such output", {}};
  }

  Result<Submission> load(const SubmissionId& id) override {
    const std::lock_guard lock(mutex_);
    TRY(const Row* row, at(id));
    return row->submission;
  }

  Result<Record> start(const SubmissionId& id) override {
    const std::lock_guard lock(mutex_);
    TRY(Row * row, at(id));
    if (is_final(row->record.state)) return over();
    row->record.state = State::kRunning;
    row->record.started_at = clock_.wall();
    ++row->record.attempt;
    return row->record;
  }

  Status give_back(const SubmissionId& id, int attempt) override {
    const std::lock_guard lock(mutex_);
    TRY(Row * row, at(id));
    if (row->record.state != State::kRunning || row->record.attempt != attempt) return over();
    row->record.state = State::kQueued;
    return Ok{};
  }

  Status cancel(const SubmissionId& id) override {
    const std::lock_guard lock(mutex_);
    TRY(Row * row, at(id));
    if (is_final(row->record.state)) return over();
    row->record.state = State::kCancelled;
    row->record.finished_at = clock_.wall();
    return Ok{};
  }

  Result<std::vector<Unfinished>> unfinished(const SubmissionId& after, int limit) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    auto from = order_.begin();
    if (!after.text.empty()) from = std::next(std::find(order_.begin(), order_.end(), after));
    std::vector<Unfinished> page;
    for (; from != order_.end() && static_cast<int>(page.size()) < limit; ++from) {
      const Row& row = rows_.at(*from);
      if (is_final(row.record.state)) continue;
      page.push_back({*from, row.record.state, row.record.attempt, row.record.priority,
                      row.record.created_at + row.submission.delay});
    }
    return page;
  }

  // Counts every submission as one byte.
  Result<std::vector<SubmissionId>> expire(WallTime before, Bytes keep, int limit) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    std::vector<SubmissionId> removed;
    for (const SubmissionId& id : std::deque(order_)) {
      if (static_cast<int>(removed.size()) == limit) break;
      const Record& record = rows_.at(id).record;
      if (!is_final(record.state)) continue;
      const bool over_size = static_cast<std::int64_t>(rows_.size()) > keep.count;
      if (*record.finished_at >= before && !over_size) continue;
      removed.push_back(id);
      rows_.erase(id);
      std::erase(order_, id);
      owed_[id] = ++debts_;
    }
    return removed;
  }

  // As if an end had left that.
  void owe(const SubmissionId& id) {
    const std::lock_guard lock(mutex_);
    owed_[id] = ++debts_;
  }

  Result<std::vector<Debt>> owed(const SubmissionId& after, int limit) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    std::vector<Debt> found;
    for (auto debt = owed_.upper_bound(after);
         debt != owed_.end() && static_cast<int>(found.size()) < limit; ++debt)
      found.push_back({debt->first, debt->second});
    return found;
  }

  Status paid(const std::vector<Debt>& debts) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    for (const Debt& debt : debts) {
      const auto owed = owed_.find(debt.id);
      if (owed != owed_.end() && owed->second == debt.number) owed_.erase(owed);
    }
    return Ok{};
  }

  Result<Counts> counts() override {
    const std::lock_guard lock(mutex_);
    Counts counts;
    for (const auto& [id, row] : rows_) {
      counts.queued += row.record.state == State::kQueued;
      counts.running += row.record.state == State::kRunning;
    }
    counts.stored = Bytes{static_cast<std::int64_t>(rows_.size())};
    return counts;
  }

  Status announce(const WorkerNotice& worker) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    workers_[worker.id] = {worker, clock_.wall()};
    std::erase_if(workers_, [&](const auto& entry) {
      return entry.second.heard_at < clock_.wall() - kForgottenAfter;
    });
    return Ok{};
  }

  Status retire(const std::string& worker) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    workers_.erase(worker);
    return Ok{};
  }

  Result<std::vector<WorkerNotice>> workers(Milliseconds within) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    std::vector<WorkerNotice> found;
    for (const auto& [id, worker] : workers_) {
      if (worker.heard_at >= clock_.wall() - within) found.push_back(worker.notice);
    }
    return found;
  }

  // Another process leads from now on, or none does.
  void give_lead_away(bool away) {
    const std::lock_guard lock(mutex_);
    leads_ = !away;
  }

  Result<bool> lead(const std::string&) override {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    return leads_;
  }

  std::optional<std::string> problem() const override {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure_->message;
    return std::nullopt;
  }

 private:
  struct Row {
    Submission submission;
    Record record;
  };
  struct Worker {
    WorkerNotice notice;
    WallTime heard_at;
  };
  using Report = std::function<void()>;
  using Commit = std::function<Report()>;

  static Error over() { return {Errc::kConflict, "it is over, or a later attempt has begun", {}}; }

  static Error key_was_used() {
    return {Errc::kConflict, "the idempotency key is known with another body", {}};
  }

  Result<Row*> at(const SubmissionId& id) {
    if (failure_) return *failure_;
    const auto found = rows_.find(id);
    if (found == rows_.end()) return Error{Errc::kNotFound, "unknown", {}};
    return &found->second;
  }

  Row& add(Submission submission) {
    Record record{.id = submission.id,
                  .owner = submission.owner,
                  .language = submission.language,
                  .priority = submission.priority,
                  .created_at = clock_.wall()};
    for (const Test& test : submission.tests)
      record.test_names.push_back(test.name);
    const SubmissionId id = submission.id;
    order_.push_back(id);
    return rows_[id] = Row{std::move(submission), std::move(record)};
  }

  Result<Inserted> insert_now(const Submission& submission,
                              const std::optional<IdempotencyKey>& key) {
    if (failure_) return *failure_;
    if (insert_failure_) return *insert_failure_;
    if (key) {
      const auto [known, added] =
          keys_.try_emplace({submission.owner, key->key}, std::pair(key->digest, submission.id));
      if (!added && known->second.first != key->digest) {
        return key_was_used();
      }
      if (!added) return Inserted{known->second.second, true};
    }
    add(Submission(submission));
    return Inserted{submission.id, false};
  }

  Result<WallTime> finish_now(const SubmissionId& id, int attempt, const Outcome& outcome,
                              const std::vector<Object>& objects) {
    if (finish_failure_) return *finish_failure_;
    TRY(Row * row, at(id));
    if (row->record.state != State::kRunning || row->record.attempt != attempt) return over();
    row->record.state = State::kFinished;
    row->record.finished_at = clock_.wall();
    row->record.outcome = outcome;
    if (attempt > 1) owed_[id] = ++debts_;
    for (const Object& object : objects)
      objects_[{id, attempt, object.name}] = object.bytes;
    return *row->record.finished_at;
  }

  void commit(Commit change) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(change));
    changed_.notify_all();
  }

  void commit_loop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty() && !held_; })) {
      auto change = std::move(waiting_.front());
      waiting_.pop_front();
      auto report = change();
      lock.unlock();
      report();
      change = nullptr;
      report = nullptr;
      lock.lock();
    }
  }

  const Clock& clock_;
  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable_any changed_;
  std::optional<Error> failure_;
  std::optional<Error> insert_failure_;
  std::optional<Error> sync_failure_;
  std::optional<Error> finish_failure_;
  bool held_ = false;
  int finds_ = 0;
  std::map<SubmissionId, Row> rows_;
  std::deque<SubmissionId> order_;
  std::map<std::pair<OwnerId, std::string>, std::pair<std::string, SubmissionId>> keys_;
  std::map<std::tuple<SubmissionId, int, std::string>, std::string> objects_;
  std::map<SubmissionId, std::int64_t> owed_;
  std::int64_t debts_ = 0;  // Numbers that were given out.
  std::map<std::string, Worker> workers_;
  bool leads_ = true;
  std::deque<Commit> waiting_;
  std::jthread thread_;
};

}  // namespace engine::testing
