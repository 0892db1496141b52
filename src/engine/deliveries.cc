#include "engine/deliveries.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/log.h"
#include "store/codec.h"

namespace engine {
namespace {

// Beside the outputs, whose names all have a dot or a slash in them.
constexpr std::string_view kOutcome = "outcome";

}  // namespace

Deliveries::Deliveries(const Engine::Ports& ports, Settlement& settlement, Options options)
    : ports_(ports), settlement_(settlement), options_(options) {}

void Deliveries::start() {
  if (ports_.spool == nullptr) return;
  news_ = true;
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Deliveries::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  for (auto& [key, attempt] : std::exchange(ours_, {}))
    settlement_.leave(attempt.run);
}

bool Deliveries::take(Attempt& attempt, Execution& execution, const Error& why) {
  if (ports_.spool == nullptr) return false;
  const Spool::Key key{attempt.run->id(), attempt.record.attempt};
  execution.objects.push_back({std::string(kOutcome), encode(execution.outcome)});
  const std::lock_guard lock(mutex_);
  if (const auto kept = ports_.spool->put(key, execution.objects); !kept) {
    execution.objects.pop_back();
    log::error("outputs can be neither delivered nor kept", {
                                                                {"reason", kept.error().message}
    });
    return false;
  }
  ours_.emplace(key, std::move(attempt));
  why_ = why.message;
  news_ = true;
  bell_.notify_all();
  return true;
}

void Deliveries::wake() {
  const std::lock_guard lock(mutex_);
  news_ = true;
  bell_.notify_all();
}

bool Deliveries::holds(const SubmissionId& id, int attempt) const {
  if (ports_.spool == nullptr) return false;
  const std::lock_guard lock(mutex_);
  return ports_.spool->holds({id, attempt});
}

bool Deliveries::is_full() const {
  if (ports_.spool == nullptr) return false;
  const std::lock_guard lock(mutex_);
  return ports_.spool->is_full();
}

std::size_t Deliveries::waiting() const {
  if (ports_.spool == nullptr) return 0;
  const std::lock_guard lock(mutex_);
  return ports_.spool->keys().size();
}

std::optional<std::string> Deliveries::problem() const {
  const bool full = is_full();
  const std::lock_guard lock(mutex_);
  if (why_.empty()) return std::nullopt;
  return (full ? "outputs cannot be delivered, and the spool is full: "
               : "outputs wait for their place to come back: ") +
         why_;
}

void Deliveries::loop(const std::stop_token& stop) {
  auto pause = options_.pause;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      bell_.wait(lock, stop, [this] { return news_; });
      news_ = false;
    }
    const bool delivered = deliver_all(stop);
    std::unique_lock lock(mutex_);
    if (!delivered) {
      bell_.wait_for(lock, stop, pause, [this] { return news_; });
      news_ = true;
    }
    if (delivered && !news_) why_.clear();
    pause = delivered ? options_.pause : std::min(pause * 2, options_.longest_pause);
  }
}

bool Deliveries::deliver_all(const std::stop_token& stop) {
  std::vector<Spool::Key> keys;
  {
    const std::lock_guard lock(mutex_);
    keys = ports_.spool->keys();
  }
  bool away = false;
  for (const Spool::Key& key : keys) {
    if (stop.stop_requested()) return false;
    if (deliver(key, away) == Delivery::kLater) away = true;
  }
  return !away;
}

// While the place of the outputs is away, only what nobody wants any more is seen to.
Deliveries::Delivery Deliveries::deliver(const Spool::Key& key, bool away) {
  auto record = ports_.store.find(key.id);
  if (!record) return record.error().code == Errc::kNotFound ? drop(key) : Delivery::kLater;
  if (!is_current(*record, key)) return drop(key);
  if (away) return Delivery::kLater;
  auto execution = read(key);
  if (!execution) return lose(key, execution.error());
  if (const auto put = ports_.output.put(key.id, key.attempt, execution->objects); !put) {
    log::warning("an output is not delivered yet",
                 {
                     {"submission", key.id.text        },
                     {"reason",     put.error().message}
    });
    note(put.error());
    return Delivery::kLater;
  }
  return finish(key, *std::move(record), std::move(execution->outcome));
}

bool Deliveries::is_current(const Record& record, const Spool::Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto ours = ours_.find(key);
  const bool stopped = ours != ours_.end() && ours->second.run->stopped() == Run::Stop::kLeaseLost;
  return record.state == State::kRunning && record.attempt == key.attempt && !stopped;
}

// The spool keeps it until the store has the end: a store that is away costs no attempt, and
// neither does the end of this process. One of an earlier life has no lease: whoever is given its
// job finds it finished.
Deliveries::Delivery Deliveries::finish(const Spool::Key& key, Record record, Outcome outcome) {
  std::promise<Result<WallTime>> finished;
  ports_.store.finish(key.id, key.attempt, outcome, {},
                      [&](Result<WallTime> at) { finished.set_value(std::move(at)); });
  const auto at = finished.get_future().get();
  if (!at) {
    log::warning("a late output was not taken",
                 {
                     {"submission", key.id.text       },
                     {"reason",     at.error().message}
    });
    if (is_over(at.error())) return drop(key);
    note(at.error());
    return Delivery::kLater;
  }
  if (auto ours = claim(key)) {
    settlement_.report(*std::move(ours), std::move(outcome), *at);
  } else {
    log::info("an output of an earlier life was delivered", {
                                                                {"submission", key.id.text}
    });
    settlement_.report(std::move(record), std::move(outcome), *at);
  }
  forget(key);
  return Delivery::kOver;
}

Deliveries::Delivery Deliveries::lose(const Spool::Key& key, const Error& why) {
  const Error lost{why.code, "its outputs cannot be read from the spool: " + why.message, {}};
  if (auto ours = claim(key)) {
    settlement_.lose(*std::move(ours), lost, LossCause::kHost);
  } else if (const auto given = settlement_.give_back(key.id, key.attempt, lost); !given) {
    note(given.error());
    return Delivery::kLater;
  }
  forget(key);
  return Delivery::kOver;
}

Deliveries::Delivery Deliveries::drop(const Spool::Key& key) {
  if (auto ours = claim(key)) {
    const bool lost = ours->run->stopped() == Run::Stop::kLeaseLost;
    lost ? settlement_.abandon(ours->run) : settlement_.drop(ours->run);
  } else {
    settlement_.sweep_outputs(key.id);  // It may have been put before its process ended.
  }
  forget(key);
  return Delivery::kOver;
}

void Deliveries::note(const Error& why) {
  const std::lock_guard lock(mutex_);
  why_ = why.message;
}

void Deliveries::forget(const Spool::Key& key) {
  const std::lock_guard lock(mutex_);
  ports_.spool->remove(key);
}

std::optional<Attempt> Deliveries::claim(const Spool::Key& key) {
  const std::lock_guard lock(mutex_);
  auto node = ours_.extract(key);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

Result<Execution> Deliveries::read(const Spool::Key& key) {
  Execution execution;
  {
    const std::lock_guard lock(mutex_);
    TRY(execution.objects, ports_.spool->get(key));
  }
  const auto outcome = std::find_if(execution.objects.begin(), execution.objects.end(),
                                    [](const Object& object) { return object.name == kOutcome; });
  if (outcome == execution.objects.end()) {
    return Error{Errc::kInternal, "its outcome is missing", {}};
  }
  TRY(execution.outcome, decode_outcome(outcome->bytes));
  execution.objects.erase(outcome);
  return execution;
}

}  // namespace engine
