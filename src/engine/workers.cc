#include "engine/workers.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace engine {
namespace {

constexpr Milliseconds kTakePatience{1'000};
constexpr Milliseconds kPauseAfterError{1'000};

// Brings what the runner says to the listeners.
class LiveProgress final : public Progress {
 public:
  LiveProgress(Hub& hub, const SubmissionId& id, int attempt)
      : hub_(hub), id_(id), attempt_(attempt) {}

  void on_phase(Phase phase, int test) override {
    Event event = make(Event::Kind::kPhase, test);
    event.phase = phase;
    hub_.publish(id_, std::move(event));
  }
  void on_usage(int test, const sandbox::LiveUsage& usage) override {
    Event event = make(Event::Kind::kUsage, test);
    event.usage = usage;
    hub_.publish(id_, std::move(event));
  }
  void on_output(int test, sandbox::Stream stream, std::string_view bytes) override {
    Event event = make(Event::Kind::kOutput, test);
    event.stream = stream;
    event.bytes = bytes;
    hub_.publish(id_, std::move(event));
  }

 private:
  Event make(Event::Kind kind, int test) const {
    Event event;
    event.kind = kind;
    event.attempt = attempt_;
    event.test = test;
    return event;
  }

  Hub& hub_;
  const SubmissionId& id_;
  const int attempt_;
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

// From when it might have been taken until its attempt began. Wall clocks may jump: never negative.
Microseconds time_queued(const Record& record, Milliseconds delay) {
  if (!record.started_at) return Microseconds{0};
  const auto waited = *record.started_at - record.created_at - delay;
  return std::max(std::chrono::duration_cast<Microseconds>(waited), Microseconds{0});
}

}  // namespace

Workers::Workers(const Engine::Ports& ports, const EngineOptions& options, Hub& hub, Runs& runs,
                 Settlement& settlement)
    : ports_(ports), options_(options), hub_(hub), runs_(runs), settlement_(settlement) {}

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
  const auto run = runs_.open(std::move(lease));
  hub_.open(run->id());
  auto record = guarded([&] { return begin(*run); });
  if (!record) {
    const bool over =
        record.error().code == Errc::kConflict || record.error().code == Errc::kNotFound;
    return over ? settlement_.drop(run) : settlement_.postpone(run, record.error());
  }
  Attempt attempt{run, *std::move(record)};
  auto execution = guarded([&] { return execute(attempt); });
  conclude(std::move(attempt), std::move(execution));
}

Result<Record> Workers::begin(const Run& run) {
  if (run.stopped() == Run::Stop::kDraining) {
    return Error{Errc::kUnavailable, "the engine is shutting down", {}};
  }
  TRY(const int number, ports_.store.start(run.id()));
  TRY(auto record, ports_.store.find(run.id()));
  // A cancel may have come in between, and a later attempt cannot: this one holds the lease.
  record.attempt = number;
  Event event;
  event.attempt = number;
  event.state = State::kRunning;
  hub_.publish(run.id(), std::move(event));
  return record;
}

Result<Execution> Workers::execute(const Attempt& attempt) {
  const auto& record = attempt.record;
  if (record.attempt > options_.attempts) {
    return Error{
        Errc::kInternal,
        "the engine went down during each of " + std::to_string(options_.attempts) + " attempts",
        {}};
  }
  TRY(const auto submission, ports_.store.load(record.id));
  const auto* language = ports_.languages.find(submission.language);
  if (language == nullptr || language->version.empty()) {
    return Error{Errc::kUnavailable, "the language is no longer usable here", {}};
  }
  LiveProgress progress(hub_, record.id, record.attempt);
  TRY(auto execution,
      ports_.runner.run(submission, language->language, progress, attempt.run->token()));
  if (execution.outcome.language_version.empty()) {
    execution.outcome.language_version = language->version;
  }
  execution.outcome.phases.queued = time_queued(record, submission.delay);
  if (size_of(execution.objects) > options_.small_outputs) {
    CHECK_OK(ports_.output.put(record.id, record.attempt, execution.objects));
    execution.objects.clear();
  }
  return execution;
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
  if (!execution) return settlement_.lose(std::move(attempt), execution.error());
  settlement_.finish(std::move(attempt), *std::move(execution));
}

}  // namespace engine
