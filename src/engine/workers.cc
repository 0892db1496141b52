#include "engine/workers.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/remote_progress.h"
#include "engine/wire.h"

namespace engine {
namespace {

constexpr Milliseconds kTakePatience{1'000};
constexpr Milliseconds kPauseAfterError{1'000};

// Has the attempt counted when the host has given all that it needs: what cannot even begin costs
// none. From then on brings what the runner says to the listeners, here and elsewhere.
class LiveProgress final : public Progress {
 public:
  using Begin = std::function<Result<Record>()>;

  // `remote` is nullptr where there is no elsewhere.
  LiveProgress(Hub& hub, RemoteProgress* remote, const SubmissionId& id, int most_attempts,
               Begin begin)
      : hub_(hub),
        remote_(remote),
        id_(id),
        most_attempts_(most_attempts),
        begin_(std::move(begin)) {}

  const std::optional<Record>& record() const { return record_; }  // Once the attempt has begun.
  const std::optional<Error>& refusal() const { return refusal_; }

  bool on_start() override {
    if (!record_ && !refusal_) begin();
    return !refusal_;
  }
  void on_phase(Phase phase, int test) override {
    Event event = make(Event::Kind::kPhase, test);
    event.phase = phase;
    tell(std::move(event));
  }
  void on_usage(int test, const sandbox::LiveUsage& usage) override {
    Event event = make(Event::Kind::kUsage, test);
    event.usage = usage;
    tell(std::move(event));
  }
  void on_output(int test, sandbox::Stream stream, std::string_view bytes) override {
    Event event = make(Event::Kind::kOutput, test);
    event.stream = stream;
    event.bytes = bytes;
    tell(std::move(event));
  }

 private:
  Event make(Event::Kind kind, int test) const {
    Event event;
    event.kind = kind;
    event.test = test;
    return event;
  }

  void begin() {
    auto begun = begin_();
    if (!begun) {
      refusal_ = std::move(begun).error();
      return;
    }
    record_ = *std::move(begun);
    if (record_->attempt > most_attempts_) {
      refusal_ = Error{
          Errc::kInternal,
          "none of " + std::to_string(most_attempts_) +
              " attempts came to its end: each time its worker, its lease or the store was lost",
          {}};
    }
    for (Event& event : early_)
      tell(std::move(event));
    early_.clear();
  }

  void tell(Event event) {
    if (!record_) return early_.push_back(std::move(event));
    event.attempt = record_->attempt;
    if (remote_ != nullptr) remote_->add(event);
    hub_.publish(id_, std::move(event));
  }

  Hub& hub_;
  RemoteProgress* const remote_;
  const SubmissionId& id_;
  const int most_attempts_;
  const Begin begin_;
  std::optional<Record> record_;
  std::optional<Error> refusal_;
  std::vector<Event> early_;  // What was said before it began: a phase or two.
};

// A bug in a part must not end the worker: it costs the attempt, like any other host failure.
template <typename Work>
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& failure) {
    log::error("an exception reached the worker", {
                                                      {"reason", failure.what()}
    });
    return Error{Errc::kInternal, std::string("internal failure: ") + failure.what(), {}};
  }
}

LossCause cause_of(const Error& why) {
  return why.code == Errc::kOverloaded ? LossCause::kOverload : LossCause::kHost;
}

// Whether it may go better another time, or nothing is left to be done. Anything else would go
// wrong for ever.
bool may_pass(const Error& why) {
  return why.code == Errc::kUnavailable || why.code == Errc::kConflict ||
         why.code == Errc::kNotFound;
}

// From when it might have been taken until it was. Wall clocks may jump: never negative.
Microseconds time_queued(const Record& record, Milliseconds delay, WallTime taken_at) {
  const auto waited = taken_at - record.created_at - delay;
  return std::max(std::chrono::duration_cast<Microseconds>(waited), Microseconds{0});
}

}  // namespace

Workers::Workers(const Engine::Ports& ports, const EngineOptions& options,
                 const Admission& admission, Hub& hub, Runs& runs, Settlement& settlement,
                 Deliveries& deliveries)
    : ports_(ports),
      options_(options),
      admission_(admission),
      hub_(hub),
      runs_(runs),
      settlement_(settlement),
      deliveries_(deliveries),
      log_(ports.queue, options),
      slots_(options.slots, options.spread_tests) {}

void Workers::start() {
  for (int slot = 0; slot < options_.slots; ++slot) {
    threads_.emplace_back([this](const std::stop_token& stop) { loop(stop); });
  }
}

void Workers::stop_taking() {
  for (auto& thread : threads_)
    thread.request_stop();
}

void Workers::join() {
  threads_.clear();
}

void Workers::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (deliveries_.is_full()) {
      std::unique_lock lock(mutex_);
      bell_.wait_for(lock, stop, kPauseAfterError, [] { return false; });
      continue;
    }
    auto lease = guarded([&] { return ports_.queue.take(kTakePatience); });
    if (lease) {
      work(*std::move(lease));
    } else if (lease.error().code != Errc::kNotFound) {
      log::warning("the queue gives nothing", {
                                                  {"reason", lease.error().message}
      });
      std::unique_lock lock(mutex_);
      bell_.wait_for(lock, stop, kPauseAfterError, [] { return false; });
    }
  }
}

void Workers::work(Queue::Lease lease) {
  const WallTime taken_at = ports_.clock.wall();
  const auto run = runs_.open(std::move(lease));
  hub_.open(run->id());
  if (!run->request().empty()) {
    const auto adopted = guarded([&] { return adopt(*run); });
    if (!adopted) return settlement_.refuse(run, adopted.error());
  }
  const auto submission = guarded([&] { return ports_.store.load(run->id()); });
  // Nothing was tried, so nothing is counted. Where it can never be read, the attempts end it.
  if (!submission && submission.error().code == Errc::kUnavailable) {
    return settlement_.postpone(run, submission.error());
  }
  const bool lacks_language = submission && usable(submission->language) == nullptr;
  if (options_.shared && lacks_language) return settlement_.pass_on(run);
  std::optional<RemoteProgress> remote;
  if (ports_.wire != nullptr) {
    remote.emplace(ports_.queue, run->ticket(), *ports_.wire, ports_.clock);
  }
  LiveProgress progress(hub_, remote ? &*remote : nullptr, run->id(), options_.attempts,
                        [&] { return guarded([&] { return begin(*run); }); });
  auto execution = guarded([&] { return execute(*run, submission, progress); });
  // What will never go better is counted, so that it ends; and what ended without a run.
  if (execution || !may_pass(execution.error())) progress.on_start();
  if (progress.refusal()) execution = *progress.refusal();
  if (!progress.record()) return put_off(run, execution.error());
  if (execution) {
    execution->outcome.phases.queued = time_queued(*progress.record(), submission->delay, taken_at);
  }
  conclude({run, *progress.record()}, std::move(execution));
}

// A submission that came through the queue alone becomes one of the store's. Whoever takes the job
// again finds the same one.
Status Workers::adopt(const Run& run) {
  if (ports_.wire == nullptr) return Error{Errc::kInternal, "nobody can read the job", {}};
  TRY(auto request, ports_.wire->request(run.request()));
  TRY(auto submission, admission_.admit(std::move(request)));
  submission.id = run.id();
  const std::string language = submission.language;
  IdempotencyKey key{"job " + run.id().text, to_hex(sha256(run.request()))};
  std::promise<Result<Store::Inserted>> inserted;
  ports_.store.insert(std::move(submission), std::move(key), nullptr,
                      [&](auto result) { inserted.set_value(std::move(result)); });
  TRY(const auto known, inserted.get_future().get());
  if (!known.existed) ports_.metrics.submission_accepted(language);
  return Ok{};
}

// nullptr: not here. Among several workers each may have other languages.
const Languages::Entry* Workers::usable(const std::string& language) const {
  const auto* entry = ports_.languages.find(language);
  return entry == nullptr || entry->version.empty() ? nullptr : entry;
}

Result<Record> Workers::begin(const Run& run) {
  if (run.stopped() == Run::Stop::kDraining) {
    return Error{Errc::kUnavailable, "the engine is shutting down", {}};
  }
  TRY(auto record, ports_.store.start(run.id()));
  log_.begun(run, record.attempt);
  Event event;
  event.attempt = record.attempt;
  event.state = State::kRunning;
  hub_.publish(run.id(), std::move(event));
  return record;
}

Result<Execution> Workers::execute(const Run& run, const Result<Submission>& loaded,
                                   Progress& progress) {
  if (!loaded) return loaded.error();
  const auto* language = usable(loaded->language);
  if (language == nullptr) {
    return Error{Errc::kInternal, "the language is no longer usable here", {}};
  }
  const Slots::Hold slot(slots_);
  TRY(auto execution,
      ports_.runner.run(*loaded, language->language, progress, slots_, run.token()));
  if (execution.outcome.language_version.empty()) {
    execution.outcome.language_version = language->version;
  }
  return execution;
}

// Nothing of it ran.
void Workers::put_off(const std::shared_ptr<Run>& run, const Error& why) {
  switch (run->stopped()) {
    case Run::Stop::kLeaseLost: return settlement_.abandon(run);
    case Run::Stop::kCancelled: return settlement_.drop(run);
    case Run::Stop::kDraining: return settlement_.postpone(run, why);
    case Run::Stop::kNone: break;
  }
  const bool over = why.code == Errc::kConflict || why.code == Errc::kNotFound;
  return over ? settlement_.drop(run) : settlement_.postpone(run, why);
}

Status Workers::keep_outputs(const Record& record, Execution& execution) {
  if (size_of(execution.objects) <= options_.small_outputs) return Ok{};
  CHECK_OK(ports_.output.put(record.id, record.attempt, execution.objects));
  execution.objects.clear();
  return Ok{};
}

void Workers::conclude(Attempt attempt, Result<Execution> execution) {
  switch (attempt.run->stopped()) {
    case Run::Stop::kLeaseLost: return settlement_.abandon(attempt.run);
    case Run::Stop::kCancelled: return settlement_.drop(attempt.run);
    case Run::Stop::kDraining:
      if (!execution) return settlement_.hand_back(std::move(attempt));
      break;
    case Run::Stop::kNone: break;
  }
  if (!execution) {
    return settlement_.lose(std::move(attempt), execution.error(), cause_of(execution.error()));
  }
  deliver(std::move(attempt), *std::move(execution));
}

void Workers::deliver(Attempt attempt, Execution execution) {
  runs_.note_end(attempt.run);
  const auto kept = guarded([&] { return keep_outputs(attempt.record, execution); });
  if (kept) return settlement_.finish(std::move(attempt), std::move(execution));
  const bool away = kept.error().code == Errc::kUnavailable;
  if (away && deliveries_.take(attempt, execution, kept.error())) return;
  const auto cause = away ? LossCause::kPeer : cause_of(kept.error());
  settlement_.lose(std::move(attempt), kept.error(), cause);
}

}  // namespace engine
