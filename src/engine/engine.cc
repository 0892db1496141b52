#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "engine/admission.h"
#include "engine/deliveries.h"
#include "engine/errands.h"
#include "engine/fleet.h"
#include "engine/gauges.h"
#include "engine/hub.h"
#include "engine/intake.h"
#include "engine/lease_keeper.h"
#include "engine/live_state.h"
#include "engine/recent.h"
#include "engine/reconciler.h"
#include "engine/relay.h"
#include "engine/removals.h"
#include "engine/retention.h"
#include "engine/runs.h"
#include "engine/settlement.h"
#include "engine/wire.h"
#include "engine/workers.h"

namespace engine {
namespace {

constexpr Bytes kRecent = 16_MiB;

Error not_found() {
  return {Errc::kNotFound, "there is no such submission", {}};
}

Error shutting_down() {
  return {Errc::kUnavailable, "the engine is shutting down", {}};
}

Fleet::Options fleet_options(const EngineOptions& options) {
  return {.shared = options.shared, .name = options.worker, .slots = options.slots};
}

Reconciler::Options reconciler_options(const EngineOptions& options, const Deliveries& deliveries) {
  return {.shared = options.shared,
          .pause = options.retry_pause,
          .delay_ceiling = options.delay_ceiling,
          .has_ended = [&deliveries](const SubmissionId& id, int attempt) {
            return deliveries.holds(id, attempt);
          }};
}

// Others' cancels are noticed when leases are renewed.
Milliseconds renewals(const EngineOptions& options) {
  constexpr Milliseconds kSoon{2'000};
  return options.shared ? std::min(options.renew_interval, kSoon) : options.renew_interval;
}

Retention::Options retention_options(const EngineOptions& options, Recent& recent,
                                     Removals& removals) {
  return {.age = options.retention_age,
          .bytes = options.retention_bytes,
          .interval = options.retention_interval,
          .on_expired = [&recent, &removals](const auto& expired) {
            if (!expired) return recent.forget_all();
            recent.forget(*expired);
            if (!expired->empty()) removals.wake();
          }};
}

}  // namespace

// The parts of one engine. Members are destroyed in reverse order, after stop().
class Engine::Impl {
 public:
  Impl(const Ports& to, const EngineOptions& with)
      : ports(to),
        options(with),
        fleet(ports.store, ports.languages, fleet_options(options)),
        admission(ports.languages, fleet, options),
        reconciler(ports.store, ports.queue, ports.clock, reconciler_options(options, deliveries)),
        removals(ports.store, ports.output, {options.retention_interval}),
        retention(ports.store, ports.clock, retention_options(options, recent, removals)),
        leases(*runs, ports.queue, options.shared ? &ports.store : nullptr, renewals(options)),
        settlement(ports, options, {*hub, *runs, answers, reconciler, retention, removals}),
        deliveries(ports, settlement, {}),
        workers(ports, options, admission, *hub, *runs, settlement, deliveries) {
    if (ports.wire == nullptr) return;
    relay.emplace(ports.store, ports.queue, *ports.wire, *hub, *runs, errands, reconciler,
                  Relay::Options{});
  }

  Status start();
  void stop(Milliseconds patience);

  Result<std::shared_ptr<const Record>> find(const SubmissionId& id, const OwnerId& owner);
  bool is_full() const;

  const Ports& ports;
  const EngineOptions& options;
  const std::shared_ptr<Hub> hub = std::make_shared<Hub>();
  const std::shared_ptr<Runs> runs = std::make_shared<Runs>();
  Fleet fleet;
  Admission admission;
  Errands errands;
  Errands answers;
  Reconciler reconciler;
  Recent recent{kRecent};
  Removals removals;
  Retention retention;
  LeaseKeeper leases;
  Intake intake{ports, errands, reconciler, retention};
  Settlement settlement;
  Deliveries deliveries;
  Workers workers;
  std::optional<Relay> relay;  // Where there are others.

  std::atomic<bool> stopping = false;
  std::mutex stop_mutex;  // Guards stopped.
  bool stopped = false;
};

Status Engine::Impl::start() {
  CHECK_OK(reconciler.recover());
  CHECK_OK(fleet.start());
  errands.start();
  answers.start();
  reconciler.start();
  removals.start();
  retention.start();
  leases.start();
  if (relay) relay->start();
  deliveries.start();
  workers.start();
  return Ok{};
}

void Engine::Impl::stop(Milliseconds patience) {
  stopping = true;
  const std::lock_guard lock(stop_mutex);
  if (std::exchange(stopped, true)) return;
  workers.stop_taking();
  fleet.stop();
  ports.queue.close();
  runs->drain(patience);
  workers.join();
  deliveries.stop();
  settlement.wait();
  intake.wait();
  if (relay) relay->stop();
  errands.stop();
  answers.stop();
  leases.stop();
  retention.stop();
  removals.stop();
  reconciler.stop();
}

Result<std::shared_ptr<const Record>> Engine::Impl::find(const SubmissionId& id,
                                                         const OwnerId& owner) {
  auto known = recent.find(id);
  if (!known) {
    const auto look = recent.begin_look();
    auto record = ports.store.find(id);
    if (!record && record.error().code != Errc::kNotFound) return record.error();
    if (!record) return not_found();
    known = std::make_shared<Record>(*std::move(record));
    // Others remove from a shared store, and do not say so here.
    if (!options.shared) recent.keep(known, look);
  }
  if (known->owner != owner) return not_found();
  return known;
}

bool Engine::Impl::is_full() const {
  const auto counts = ports.queue.counts();
  return counts.waiting + counts.delayed >= options.most_queued;
}

Engine::Engine(Ports ports, EngineOptions options)
    : ports_(std::move(ports)),
      options_(std::move(options)),
      impl_(std::make_unique<Impl>(ports_, options_)) {
  add_gauges(ports_, impl_->runs, options_.slots);
  ports_.metrics.gauge(
      "execution_engine_deliveries_waiting",
      "Attempts whose outputs wait for their place to come back.",
      [impl = impl_.get()] { return static_cast<double>(impl->deliveries.waiting()); });
}

Engine::~Engine() {
  stop(Milliseconds{0});
  impl_->intake.wait();  // Of requests that came while it stopped.
}

Status Engine::start() {
  return impl_->start();
}

void Engine::stop(Milliseconds patience) {
  impl_->stop(patience);
}

void Engine::submit(SubmissionRequest request, OwnerId owner, std::optional<IdempotencyKey> key,
                    OnAccepted on_accepted) {
  if (impl_->stopping) return on_accepted(shutting_down());
  auto submission = impl_->admission.admit(std::move(request));
  if (!submission) return on_accepted(submission.error());
  if (impl_->is_full()) {
    const Error full{Errc::kOverloaded, "too many submissions are queued", {}};
    return impl_->intake.refuse({std::move(owner), std::move(key)}, full, on_accepted);
  }
  submission->id = ports_.new_id();
  submission->owner = std::move(owner);
  impl_->intake.insert(*std::move(submission), std::move(key), std::move(on_accepted));
}

Result<Engine::Fetched> Engine::fetch(const std::string& url) {
  TRY(auto file, ports_.fetcher.fetch(url));
  Fetched fetched;
  fetched.file_name = file.name;
  fetched.request.files.push_back({std::move(file.name), std::move(file.content)});
  return fetched;
}

Result<std::shared_ptr<const Record>> Engine::find(const SubmissionId& id, const OwnerId& owner) {
  return impl_->find(id, owner);
}

std::shared_ptr<const Record> Engine::at_hand(const SubmissionId& id, const OwnerId& owner) {
  auto known = impl_->recent.find(id);
  return known && known->owner == owner && is_light(*known) ? known : nullptr;
}

bool Engine::is_light(const Record& record) const {
  return ports_.links != nullptr && Recent::is_small(record);
}

// The store decides between a cancel and a finish. Only then the run is killed, so that a cancel
// that lost disturbs nothing.
Status Engine::cancel(const SubmissionId& id, const OwnerId& owner) {
  TRY(const auto before, impl_->find(id, owner));
  if (const auto cancelled = ports_.store.cancel(id); !cancelled) {
    if (cancelled.error().code == Errc::kNotFound) return not_found();
    if (cancelled.error().code != Errc::kConflict) return cancelled.error();
    return Error{Errc::kConflict, "the submission is over already", {}};
  }
  if (const auto removed = ports_.queue.remove(id); !removed) {
    // It is leased, or was never pushed; a worker that takes it learns from the store.
    log::debug("a cancelled submission did not wait", {
                                                          {"submission", id.text}
    });
  }
  impl_->deliveries.wake();
  impl_->runs->stop_and_wait(id, Run::Stop::kCancelled);
  ports_.metrics.submission_cancelled(before->language);
  auto after = std::make_shared<Record>(*before);
  after->state = State::kCancelled;
  after->finished_at = ports_.clock.wall();
  if (auto stored = ports_.store.find(id)) *after = *std::move(stored);
  impl_->hub->publish(id, state_event(after));
  return Ok{};
}

Result<std::unique_ptr<Engine::Subscription>> Engine::subscribe(const SubmissionId& id,
                                                                const OwnerId& owner,
                                                                Listener listener) {
  // First the watcher, then the look into the store: whatever is written after the look is
  // published to the watcher, so nothing falls between the two.
  auto watcher = std::make_unique<Hub::Watcher>(impl_->hub, id, std::move(listener));
  TRY(auto record, impl_->find(id, owner));
  watcher->begin(std::move(record));
  return std::unique_ptr<Subscription>(std::move(watcher));
}

Result<std::string> Engine::link(const Record& record, std::string_view object) {
  if (record.state != State::kFinished) {
    return Error{Errc::kConflict, "the submission is not finished", {}};
  }
  return ports_.output.link(record.id, record.attempt, object, options_.link_lifetime);
}

Result<std::string> Engine::open_link(std::string_view path, std::string_view expires,
                                      std::string_view signature) {
  const Error gone{Errc::kNotFound, "the link has expired, or what it led to is gone", {}};
  if (ports_.links == nullptr) return gone;
  TRY(const auto target, ports_.links->check(path, expires, signature));
  const auto record = ports_.store.find(target.id);
  if (!record && record.error().code != Errc::kNotFound) return record.error();
  if (!record || record->state != State::kFinished) return gone;
  return read(target.id, target.attempt, target.name);
}

Result<std::string> Engine::read(const SubmissionId& id, int attempt, const std::string& object) {
  auto bytes = ports_.store.object(id, attempt, object);
  if (bytes || bytes.error().code != Errc::kNotFound) return bytes;
  return ports_.output.get(id, attempt, object, {});
}

std::vector<std::string> Engine::problems() {
  std::vector<std::string> found;
  if (impl_->stopping) found.emplace_back("the engine is shutting down");
  if (auto problem = ports_.store.problem()) found.push_back(*std::move(problem));
  if (auto problem = ports_.queue.problem()) found.push_back(*std::move(problem));
  if (auto problem = impl_->deliveries.problem()) found.push_back(*std::move(problem));
  if (impl_->is_full()) found.emplace_back("too many submissions are queued");
  if (auto trouble = impl_->settlement.trouble()) {
    found.push_back("runs fail on this host: " + *trouble);
  }
  if (auto problem = impl_->fleet.problem()) {
    found.push_back(*std::move(problem));
    return found;
  }
  const auto usable = [&](const auto& entry) { return !impl_->fleet.version_of(entry).empty(); };
  const auto& all = ports_.languages.all();
  if (std::none_of(all.begin(), all.end(), usable)) {
    found.emplace_back(options_.shared ? "no worker has a language" : "no language is usable here");
  }
  return found;
}

Languages Engine::offered() const {
  return impl_->fleet.offered();
}

}  // namespace engine
