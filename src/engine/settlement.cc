#include "engine/settlement.h"

#include <utility>

#include "base/log.h"

namespace engine {
namespace {

constexpr std::chrono::seconds kTroubleLasts{30};

bool is_over(const Error& error) {
  return error.code == Errc::kConflict || error.code == Errc::kNotFound;
}

// Enough that slots go on while a commit is under way, few enough to bound what waits in memory.
std::size_t most_finishing(int slots) {
  return static_cast<std::size_t>(slots) * 4 + 4;
}

}  // namespace

Settlement::Settlement(const Engine::Ports& ports, const EngineOptions& options, Parts parts)
    : ports_(ports), options_(options), parts_(parts), finishing_(most_finishing(options.slots)) {}

void Settlement::finish(Attempt attempt, Execution execution) {
  Outcome& outcome = execution.outcome;
  if (outcome.verdict != Verdict::kInternalError) note_success();
  const auto record = std::make_shared<Record>(std::move(attempt.record));
  record->state = State::kFinished;
  record->outcome = outcome;
  auto on_finished = [this, run = attempt.run, record,
                      token = finishing_.begin()](const Result<WallTime>& at) {
    if (!at) return not_finished(run, at.error());
    record->finished_at = *at;
    finished(run, record);
  };
  ports_.store.finish(record->id, record->attempt, std::move(outcome), std::move(execution.objects),
                      std::move(on_finished));
}

void Settlement::finished(const std::shared_ptr<Run>& run,
                          const std::shared_ptr<const Record>& record) {
  parts_.runs.close(run);
  release_lease(run);
  ports_.metrics.submission_finished(record->language, *record->outcome);
  Event event;
  event.attempt = record->attempt;
  event.state = State::kFinished;
  event.record = record;
  parts_.hub.publish(record->id, std::move(event));
  parts_.hub.close(record->id);
  if (record->attempt > 1) sweep_outputs(record->id);
}

void Settlement::not_finished(const std::shared_ptr<Run>& run, const Error& why) {
  if (is_over(why)) return drop(run);
  postpone(run, why);
}

void Settlement::lose(Attempt attempt, const Error& why) {
  const int number = attempt.record.attempt;
  log::warning("an attempt was lost", {
                                          {"submission", attempt.run->id().text},
                                          {"attempt",    std::to_string(number)},
                                          {"reason",     why.message           }
  });
  ports_.metrics.attempt_lost();
  note_trouble(why.message);
  if (why.code == Errc::kOverloaded) parts_.retention.wake();  // The disk has no room.
  if (number < options_.attempts) return requeue(std::move(attempt), options_.retry_pause * number);
  Execution nothing;
  nothing.outcome.verdict = Verdict::kInternalError;
  nothing.outcome.reason = why.message;
  finish(std::move(attempt), std::move(nothing));
}

void Settlement::hand_back(Attempt attempt) {
  requeue(std::move(attempt), Milliseconds{0});
}

void Settlement::requeue(Attempt attempt, Milliseconds pause) {
  const auto& run = attempt.run;
  const auto given = ports_.store.give_back(run->id(), attempt.record.attempt);
  if (!given && is_over(given.error())) return drop(run);
  if (!given) return postpone(run, given.error());
  parts_.runs.close(run);
  Event event;
  event.attempt = attempt.record.attempt;
  event.state = State::kQueued;
  parts_.hub.publish(run->id(), std::move(event));
  return_lease(run, pause);
  parts_.hub.close(run->id());
}

void Settlement::postpone(const std::shared_ptr<Run>& run, const Error& why) {
  log::warning("a submission is put off",
               {
                   {"submission", run->id().text},
                   {"reason",     why.message   }
  });
  note_trouble(why.message);
  parts_.runs.close(run);
  return_lease(run, options_.retry_pause);
  parts_.hub.close(run->id());
}

void Settlement::drop(const std::shared_ptr<Run>& run) {
  parts_.runs.close(run);
  release_lease(run);
  parts_.hub.close(run->id());
  sweep_outputs(run->id());
}

void Settlement::abandon(const std::shared_ptr<Run>& run) {
  ports_.metrics.attempt_lost();
  parts_.runs.close(run);
  parts_.hub.close(run->id());
}

void Settlement::wait() {
  finishing_.wait_for_none();
}

void Settlement::return_lease(const std::shared_ptr<Run>& run, Milliseconds pause) {
  const auto returned = ports_.queue.hand_back(run->ticket(), pause, Queue::Counted::kNo);
  // A lost lease means that the queue has given it out again by itself.
  if (!returned && returned.error().code != Errc::kConflict) parts_.reconciler.behind();
}

void Settlement::release_lease(const std::shared_ptr<Run>& run) {
  const auto released = ports_.queue.done(run->ticket(), "null");
  if (released || released.error().code == Errc::kConflict) return;
  // It will be taken once more, and then the store says that it is over.
  log::warning("a lease was not released",
               {
                   {"submission", run->id().text          },
                   {"reason",     released.error().message}
  });
}

void Settlement::sweep_outputs(const SubmissionId& id) {
  auto job = [this, id] {
    const auto record = ports_.store.find(id);
    if (!record && record.error().code != Errc::kNotFound) return;
    const bool worthless = !record || record->state == State::kCancelled;
    const auto swept =
        worthless ? ports_.output.remove(id) : ports_.output.keep_only(id, record->attempt);
    if (!swept) {
      log::warning("outputs of a lost attempt remain",
                   {
                       {"submission", id.text              },
                       {"reason",     swept.error().message}
      });
    }
  };
  // What is not swept now goes with the submission itself, at the latest.
  if (!parts_.errands.post(std::move(job))) {
    log::warning("outputs of a lost attempt remain", {
                                                         {"submission", id.text}
    });
  }
}

void Settlement::note_trouble(std::string reason) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(reason);
  trouble_at_ = ports_.clock.steady();
}

void Settlement::note_success() {
  const std::lock_guard lock(mutex_);
  trouble_.clear();
}

std::optional<std::string> Settlement::trouble() const {
  const std::lock_guard lock(mutex_);
  if (trouble_.empty() || ports_.clock.steady() - trouble_at_ > kTroubleLasts) return std::nullopt;
  return trouble_;
}

}  // namespace engine
