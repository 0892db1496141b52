#pragma once

#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "engine/metrics.h"
#include "store/store.h"

namespace engine {

// A store whose calls are measured, for where it is another machine's.
class TimedStore final : public Store {
 public:
  // All outlive it.
  TimedStore(Store& store, Metrics& metrics, const Clock& clock)
      : store_(store), metrics_(metrics), clock_(clock) {}

  void insert(Submission submission, std::optional<IdempotencyKey> key, OnReadable on_readable,
              OnInserted on_inserted) override {
    store_.insert(std::move(submission), std::move(key), std::move(on_readable),
                  [this, begin = clock_.steady(), on_inserted = std::move(on_inserted)](auto done) {
                    note("insert", begin, done);
                    on_inserted(std::move(done));
                  });
  }
  void finish(const SubmissionId& id, int attempt, Outcome outcome, std::vector<Object> objects,
              OnFinished on_finished) override {
    store_.finish(id, attempt, std::move(outcome), std::move(objects),
                  [this, begin = clock_.steady(), on_finished = std::move(on_finished)](auto done) {
                    note("finish", begin, done);
                    on_finished(std::move(done));
                  });
  }
  Result<SubmissionId> find_repeated(const OwnerId& owner, const IdempotencyKey& key) override {
    return timed("find_repeated", [&] { return store_.find_repeated(owner, key); });
  }
  Result<Record> find(const SubmissionId& id) override {
    return timed("find", [&] { return store_.find(id); });
  }
  Result<Submission> load(const SubmissionId& id) override {
    return timed("load", [&] { return store_.load(id); });
  }
  Result<Record> start(const SubmissionId& id) override {
    return timed("start", [&] { return store_.start(id); });
  }
  Result<std::string> object(const SubmissionId& id, int attempt,
                             const std::string& name) override {
    return timed("object", [&] { return store_.object(id, attempt, name); });
  }
  Status give_back(const SubmissionId& id, int attempt) override {
    return timed("give_back", [&] { return store_.give_back(id, attempt); });
  }
  Status cancel(const SubmissionId& id) override {
    return timed("cancel", [&] { return store_.cancel(id); });
  }
  Result<std::vector<Unfinished>> unfinished(const SubmissionId& after, int limit) override {
    return timed("unfinished", [&] { return store_.unfinished(after, limit); });
  }
  Result<std::vector<SubmissionId>> expire(WallTime before, Bytes keep, int limit) override {
    return timed("expire", [&] { return store_.expire(before, keep, limit); });
  }
  Result<std::vector<Debt>> owed(const SubmissionId& after, int limit) override {
    return timed("owed", [&] { return store_.owed(after, limit); });
  }
  Status paid(const std::vector<Debt>& debts) override {
    return timed("paid", [&] { return store_.paid(debts); });
  }
  Result<Counts> counts() override {
    return timed("counts", [&] { return store_.counts(); });
  }
  Status announce(const WorkerNotice& worker) override {
    return timed("announce", [&] { return store_.announce(worker); });
  }
  Status retire(const std::string& worker) override {
    return timed("retire", [&] { return store_.retire(worker); });
  }
  Result<std::vector<WorkerNotice>> workers(Milliseconds within) override {
    return timed("workers", [&] { return store_.workers(within); });
  }
  Result<bool> lead(const std::string& duty) override {
    return timed("lead", [&] { return store_.lead(duty); });
  }
  std::optional<std::string> problem() const override { return store_.problem(); }

 private:
  template <typename T>
  void note(const char* call, SteadyTime begin, const Result<T>& result) {
    const bool answered = result || result.error().code != Errc::kUnavailable;
    const auto duration = std::chrono::duration_cast<Microseconds>(clock_.steady() - begin);
    metrics_.peer_call("store", call, answered, duration);
  }

  template <typename Call>
  std::invoke_result_t<Call> timed(const char* name, Call call) {
    const SteadyTime begin = clock_.steady();
    auto result = call();
    note(name, begin, result);
    return result;
  }

  Store& store_;
  Metrics& metrics_;
  const Clock& clock_;
};

}  // namespace engine
