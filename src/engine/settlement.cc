#include "engine/settlement.h"

#include <utility>

#include "base/log.h"
#include "engine/host_failure.h"
#include "engine/wire.h"

namespace engine {
namespace {

constexpr std::chrono::seconds kTroubleLasts{30};
constexpr Milliseconds kPassOnPause{500};
constexpr Bytes kReturnValueBytes = 64_KiB;

// Enough that slots go on while a commit is under way, few enough to bound what waits in memory.
std::size_t most_finishing(int slots) {
  return static_cast<std::size_t>(slots) * 4 + 4;
}

}  // namespace

bool is_over(const Error& error) {
  return error.code == Errc::kConflict || error.code == Errc::kNotFound;
}

Settlement::Settlement(const Engine::Ports& ports, const EngineOptions& options, Parts parts)
    : ports_(ports),
      options_(options),
      parts_(parts),
      log_(ports.queue, options),
      finishing_(most_finishing(options.slots)) {}

void Settlement::finish(Attempt attempt, Execution execution) {
  Outcome& outcome = execution.outcome;
  const auto record = final_record(std::move(attempt.record), outcome);
  auto on_finished = [this, run = attempt.run, record,
                      token = finishing_.begin()](const Result<WallTime>& at) {
    if (!at) return not_finished(run, at.error());
    finished(run, record, *at);
  };
  ports_.store.finish(record->id, record->attempt, std::move(outcome), std::move(execution.objects),
                      std::move(on_finished));
}

void Settlement::report(Attempt attempt, Outcome outcome, WallTime at) {
  finished(attempt.run, final_record(std::move(attempt.record), std::move(outcome)), at);
}

void Settlement::report(Record record, Outcome outcome, WallTime at) {
  const auto ended = final_record(std::move(record), std::move(outcome));
  ended->finished_at = at;
  announce(ended);
}

std::shared_ptr<Record> Settlement::final_record(Record record, Outcome outcome) {
  if (outcome.verdict != Verdict::kInternalError) note_success();
  auto ended = std::make_shared<Record>(std::move(record));
  ended->state = State::kFinished;
  ended->outcome = std::move(outcome);
  return ended;
}

void Settlement::finished(const std::shared_ptr<Run>& run, const std::shared_ptr<Record>& record,
                          WallTime at) {
  record->finished_at = at;
  parts_.runs.close(run);
  release_lease(run, record);
  announce(record);
  parts_.hub.close(record->id);
}

void Settlement::announce(const std::shared_ptr<const Record>& record) {
  ports_.metrics.submission_finished(record->language, *record->outcome);
  Event event;
  event.attempt = record->attempt;
  event.state = State::kFinished;
  event.record = record;
  parts_.hub.publish(record->id, std::move(event));
  if (record->attempt > 1) sweep_outputs(record->id);
}

void Settlement::not_finished(const std::shared_ptr<Run>& run, const Error& why) {
  if (is_over(why)) return drop(run);
  ports_.metrics.attempt_lost(LossCause::kStore);
  postpone(run, why);
}

void Settlement::lose(Attempt attempt, const Error& why, LossCause cause) {
  const int number = attempt.record.attempt;
  note_loss(attempt.run->id(), number, why, cause);
  log_.note(*attempt.run, "attempt " + std::to_string(number) + " was lost: " + why.message);
  if (why.code == Errc::kOverloaded) parts_.retention.wake();  // The disk has no room.
  if (number < options_.attempts) {
    return requeue(std::move(attempt), options_.retry_pause * number, Queue::Counted::kYes);
  }
  finish(std::move(attempt), host_failure(why.message));
}

Status Settlement::give_back(const SubmissionId& id, int attempt, const Error& why) {
  const auto given = ports_.store.give_back(id, attempt);
  if (!given) return is_over(given.error()) ? Status(Ok{}) : given;
  note_loss(id, attempt, why, LossCause::kHost);
  parts_.reconciler.behind();  // Nobody has it any more.
  return Ok{};
}

void Settlement::hand_back(Attempt attempt) {
  log_.note(*attempt.run, "handed back: its worker shuts down");
  requeue(std::move(attempt), Milliseconds{0}, Queue::Counted::kNo);
}

void Settlement::requeue(Attempt attempt, Milliseconds pause, Queue::Counted counted) {
  const auto& run = attempt.run;
  const auto given = ports_.store.give_back(run->id(), attempt.record.attempt);
  if (!given && is_over(given.error())) return drop(run);
  if (!given) return postpone(run, given.error());
  parts_.runs.close(run);
  Event event;
  event.attempt = attempt.record.attempt;
  event.state = State::kQueued;
  parts_.hub.publish(run->id(), std::move(event));
  return_lease(run, pause, counted);
  parts_.hub.close(run->id());
}

void Settlement::postpone(const std::shared_ptr<Run>& run, const Error& why) {
  log::warning("a submission is put off",
               {
                   {"submission", run->id().text},
                   {"reason",     why.message   }
  });
  log_.note(*run, "put off: " + why.message);
  note_trouble(why.message);
  parts_.runs.close(run);
  return_lease(run, options_.retry_pause, Queue::Counted::kNo);
  parts_.hub.close(run->id());
}

void Settlement::refuse(const std::shared_ptr<Run>& run, const Error& why) {
  if (why.code == Errc::kUnavailable || why.code == Errc::kOverloaded) return postpone(run, why);
  parts_.runs.close(run);
  if (const auto failed = ports_.queue.fail(run->ticket(), why.message); !failed) {
    log::warning("a job that cannot be run was not failed",
                 {
                     {"submission", run->id().text        },
                     {"reason",     failed.error().message}
    });
  }
  parts_.hub.close(run->id());
}

void Settlement::pass_on(const std::shared_ptr<Run>& run) {
  log_.note(*run, "handed back: this worker lacks the language");
  parts_.runs.close(run);
  return_lease(run, kPassOnPause, Queue::Counted::kNo);
  parts_.hub.close(run->id());
}

void Settlement::drop(const std::shared_ptr<Run>& run) {
  parts_.runs.close(run);
  release_lease(run, nullptr);
  parts_.hub.close(run->id());
  sweep_outputs(run->id());
}

void Settlement::abandon(const std::shared_ptr<Run>& run) {
  ports_.metrics.lease_lost();
  ports_.metrics.attempt_lost(LossCause::kLease);
  leave(run);
  sweep_outputs(run->id());  // It may have put out something after the one that counts had swept.
}

void Settlement::leave(const std::shared_ptr<Run>& run) {
  parts_.runs.close(run);
  parts_.hub.close(run->id());
}

void Settlement::wait() {
  finishing_.wait_for_none();
}

void Settlement::return_lease(const std::shared_ptr<Run>& run, Milliseconds pause,
                              Queue::Counted counted) {
  const auto returned = ports_.queue.hand_back(run->ticket(), pause, counted);
  // A lost lease means that the queue has given it out again by itself.
  if (!returned && returned.error().code != Errc::kConflict) parts_.reconciler.behind();
}

// A job that brought its request along is answered with the whole outcome, whose links may have to
// be waited for.
void Settlement::release_lease(const std::shared_ptr<Run>& run,
                               const std::shared_ptr<const Record>& record) {
  if (run->request().empty()) return end_job(*run, record.get());
  auto job = [this, run, record] {
    if (record) return end_job(*run, record.get());
    const auto known = ports_.store.find(run->id());
    end_job(*run, known ? &*known : nullptr);
  };
  // Where too much waits, the job is taken once more, and answered then.
  static_cast<void>(parts_.answers.post(std::move(job)));
}

void Settlement::end_job(const Run& run, const Record* record) {
  const Outcome* outcome = record != nullptr && record->outcome ? &*record->outcome : nullptr;
  if (outcome != nullptr) log_.ended(run, *outcome);
  const bool failed = outcome != nullptr && outcome->verdict == Verdict::kInternalError;
  const auto ended = [id = run.id().text](const Status& status) {
    if (status || status.error().code == Errc::kConflict) return;
    // It will be taken once more, and then the store says that it is over.
    log::warning("a lease was not released",
                 {
                     {"submission", id                    },
                     {"reason",     status.error().message}
    });
  };
  if (failed) return ended(ports_.queue.fail(run.ticket(), outcome->reason));
  ports_.queue.done_later(run.ticket(), answer(run, record), ended);
}

// What the job returns to whoever put it there.
std::string Settlement::answer(const Run& run, const Record* record) const {
  if (record == nullptr || !record->outcome) return "null";
  if (run.request().empty() || ports_.wire == nullptr) {
    return R"({"verdict":")" + std::string(to_string(record->outcome->verdict)) + R"("})";
  }
  const auto link_to = [&](std::string_view object) {
    return ports_.output.link(record->id, record->attempt, object, options_.link_lifetime);
  };
  return ports_.wire->outcome(*record, link_to, kReturnValueBytes);
}

void Settlement::sweep_outputs(const SubmissionId& id) {
  parts_.removals.soon(id);
}

void Settlement::note_loss(const SubmissionId& id, int attempt, const Error& why, LossCause cause) {
  log::warning(
      "an attempt was lost",
      {
          {"submission", id.text                },
          {"attempt",    std::to_string(attempt)},
          {"reason",     why.message            }
  });
  ports_.metrics.attempt_lost(cause);
  note_trouble(why.message);
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
