#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/fetcher.h"
#include "engine/testing/gate.h"
#include "output/output.h"
#include "runner/runner.h"

namespace engine::testing {

// A runner whose runs are what the test says. Safe from any thread.
class FakeRunner final : public Runner {
 public:
  using Script = std::function<Result<Execution>(const Submission&, Progress&, std::stop_token)>;

  static Execution accepted() {
    Execution execution;
    execution.outcome.verdict = Verdict::kAccepted;
    execution.outcome.runs.emplace_back().verdict = Verdict::kAccepted;
    execution.outcome.log_object = "log.txt";
    execution.objects.push_back({"log.txt", "hello\n"});
    return execution;
  }

  // What every run does from now on; without one it is accepted at once.
  void play(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }

  // Every run waits at the gate, and is accepted when that opens.
  void block_at(Gate& gate) {
    play([&gate](const Submission&, Progress&, const std::stop_token& stop) -> Result<Execution> {
      gate.arrive();
      if (!gate.pass(stop)) return Error{Errc::kConflict, "stopped", {}};
      return accepted();
    });
  }

  // From now on this host gives nothing to run in, so that nothing starts; nullopt: again all.
  void withhold_boxes(std::optional<Error> why) {
    const std::lock_guard lock(mutex_);
    no_box_ = std::move(why);
  }

  int runs() const {
    const std::lock_guard lock(mutex_);
    return runs_;
  }

  Result<Execution> run(const Submission& submission, const Language&, Progress& progress,
                        SpareSlots&, std::stop_token stop) override {
    Script script;
    {
      const std::lock_guard lock(mutex_);
      if (no_box_) return *no_box_;
      script = script_;
    }
    if (!progress.on_start()) return Error{Errc::kConflict, "stopped", {}};
    {
      const std::lock_guard lock(mutex_);
      ++runs_;
    }
    if (!script) return accepted();
    return script(submission, progress, std::move(stop));
  }

 private:
  mutable std::mutex mutex_;  // Guards the rest.
  Script script_;
  std::optional<Error> no_box_;
  int runs_ = 0;
};

// Outputs in memory. Safe from any thread.
class FakeOutput final : public Output {
 public:
  void fail_put_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }

  void fail_remove_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    removal_failure_ = std::move(error);
  }

  // What these have put out cannot be removed, however often it is tried.
  void keep_for_ever(std::set<SubmissionId> ids) {
    const std::lock_guard lock(mutex_);
    kept_for_ever_ = std::move(ids);
  }

  // From now on whoever puts something waits at the gate.
  void hold_puts_at(Gate& gate) {
    const std::lock_guard lock(mutex_);
    put_gate_ = &gate;
  }

  // From now on whoever removes something waits at the gate.
  void hold_removals_at(Gate& gate) {
    const std::lock_guard lock(mutex_);
    removal_gate_ = &gate;
  }

  // Arrives at every put() that fails.
  Gate& refused() { return refused_; }

  // The attempts of which something is kept.
  std::set<int> attempts(const SubmissionId& id) const {
    const std::lock_guard lock(mutex_);
    std::set<int> found;
    for (const auto& [key, objects] : kept_) {
      if (key.first == id) found.insert(key.second);
    }
    return found;
  }

  // Arrives after every remove() and remove_earlier().
  Gate& swept() { return swept_; }

  Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) override {
    wait_at(put_gate_);
    const std::lock_guard lock(mutex_);
    if (failure_) {
      refused_.arrive();
      return *failure_;
    }
    auto& kept = kept_[{id, attempt}];
    kept.clear();
    for (const Object& object : objects)
      kept[object.name] = object.bytes;
    return Ok{};
  }

  Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                          Range) override {
    const std::lock_guard lock(mutex_);
    const auto objects = kept_.find({id, attempt});
    if (objects != kept_.end()) {
      const auto object = objects->second.find(std::string(name));
      if (object != objects->second.end()) return object->second;
    }
    return Error{Errc::kNotFound, "no such object", {}};
  }

  Result<std::string> link(const SubmissionId& id, int attempt, std::string_view name,
                           std::chrono::seconds lifetime) override {
    return "http://host/files/" + id.text + "/" + std::to_string(attempt) + "/" +
           std::string(name) + "?lifetime=" + std::to_string(lifetime.count());
  }

  Status remove(const SubmissionId& id) override {
    return sweep(id, [&](const auto& kept) { return kept.first.first == id; });
  }

  Status remove_earlier(const SubmissionId& id, int attempt) override {
    return sweep(id, [&](const auto& kept) {
      return kept.first.first == id && kept.first.second < attempt;
    });
  }

 private:
  template <typename Predicate>
  Status sweep(const SubmissionId& id, Predicate goes) {
    wait_at(removal_gate_);
    {
      const std::lock_guard lock(mutex_);
      if (removal_failure_) return *removal_failure_;
      if (kept_for_ever_.contains(id)) return Error{Errc::kUnavailable, "it is held", {}};
      std::erase_if(kept_, goes);
    }
    swept_.arrive();
    return Ok{};
  }

  void wait_at(Gate* const& place) const {
    Gate* gate = nullptr;
    {
      const std::lock_guard lock(mutex_);
      gate = place;
    }
    if (gate == nullptr) return;
    gate->arrive();
    gate->pass();
  }

  mutable std::mutex mutex_;  // Guards all but the last two.
  std::optional<Error> failure_;
  std::optional<Error> removal_failure_;
  std::set<SubmissionId> kept_for_ever_;
  Gate* put_gate_ = nullptr;
  Gate* removal_gate_ = nullptr;
  std::map<std::pair<SubmissionId, int>, std::map<std::string, std::string>> kept_;
  Gate refused_;
  Gate swept_;
};

class FakeFetcher final : public Fetcher {
 public:
  Gate* gate = nullptr;  // Where every fetch waits, if there is one.

  Result<File> fetch(const std::string& url) override {
    if (gate != nullptr) gate->pass();
    if (url != "https://example.org/a.sh") return Error{Errc::kPeerFailed, "not there", {}};
    return File{"a.sh", "echo hello\n"};
  }
};

}  // namespace engine::testing
