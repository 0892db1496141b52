#include "engine/reconciler.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/log.h"
#include "engine/host_failure.h"

namespace engine {
namespace {

constexpr int kPage = 1'000;

// What is over by now needs nothing more.
Status over_or(const Error& error) {
  if (error.code == Errc::kConflict || error.code == Errc::kNotFound) return Ok{};
  return error;
}

}  // namespace

Reconciler::Reconciler(Store& store, Queue& queue, const Clock& clock, Options options)
    : store_(store), queue_(queue), clock_(clock), options_(std::move(options)) {}

Status Reconciler::recover() {
  if (options_.shared) {
    behind();
    return Ok{};
  }
  return push_all(When::kStart, {});
}

void Reconciler::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Reconciler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Reconciler::behind() {
  const std::lock_guard lock(mutex_);
  behind_ = true;
  bell_.notify_all();
}

void Reconciler::loop(const std::stop_token& stop) {
  auto pause = options_.pause;
  while (wait(pause, stop)) {
    const auto caught_up = catch_up(stop);
    if (!caught_up) {
      log::warning("the queue is behind the store", {
                                                        {"reason", caught_up.error().message}
      });
      behind();
    }
    pause = caught_up ? options_.pause : std::min(pause * 2, options_.longest_pause);
  }
}

// Until there is something to do, and then for `pause`. False: it is over.
bool Reconciler::wait(Milliseconds pause, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (options_.shared) {
    bell_.wait_for(lock, stop, options_.interval, [this] { return behind_; });
  } else {
    bell_.wait(lock, stop, [this] { return behind_; });
  }
  bell_.wait_for(lock, stop, pause, [] { return false; });
  behind_ = false;  // Whoever is behind from here on may be past the page that would show it.
  return !stop.stop_requested();
}

Status Reconciler::catch_up(const std::stop_token& stop) {
  if (!options_.shared) return push_all(When::kLater, stop);
  TRY(const bool leads, store_.lead("reconciler"));
  return leads ? compare_all(stop) : Status(Ok{});
}

Status Reconciler::push_all(When when, const std::stop_token& stop) {
  SubmissionId after;
  bool pushing = true;
  while (!stop.stop_requested()) {
    TRY(const auto page, store_.unfinished(after, kPage));
    for (const Unfinished& item : page) {
      if (item.state == State::kRunning) {
        if (options_.has_ended(item.id, item.attempt)) continue;
        if (when == When::kStart) CHECK_OK(give_back(item));
      }
      if (pushing) {
        TRY(pushing, offer(item, when));
      }
    }
    if (page.size() < static_cast<std::size_t>(kPage)) break;
    after = page.back().id;
  }
  return Ok{};
}

// False: the queue takes nothing yet, which is no reason not to start.
Result<bool> Reconciler::offer(const Unfinished& item, When when) {
  const auto pushed = push(item);
  if (pushed) return true;
  if (when == When::kLater) return pushed.error();
  log::warning("the queue takes nothing yet", {
                                                  {"reason", pushed.error().message}
  });
  behind();
  return false;
}

// Nobody runs it: it was under way when an earlier life ended.
Status Reconciler::give_back(const Unfinished& item) {
  const auto given = store_.give_back(item.id, item.attempt);
  if (!given && given.error().code != Errc::kConflict) return given.error();
  return Ok{};
}

Status Reconciler::compare_all(const std::stop_token& stop) {
  SubmissionId after;
  while (!stop.stop_requested()) {
    TRY(const auto page, store_.unfinished(after, kPage));
    CHECK_OK(compare(page));
    if (page.size() < static_cast<std::size_t>(kPage)) break;
    after = page.back().id;
  }
  return Ok{};
}

Status Reconciler::compare(const std::vector<Unfinished>& page) {
  std::vector<SubmissionId> ids;
  ids.reserve(page.size());
  for (const Unfinished& item : page)
    ids.push_back(item.id);
  TRY(const auto places, queue_.look(ids));
  for (std::size_t i = 0; i < page.size(); ++i)
    CHECK_OK(settle(page[i], places[i]));
  return Ok{};
}

Status Reconciler::settle(const Unfinished& item, const Queue::Place& place) {
  using Kind = Queue::Place::Kind;
  if (place.kind == Kind::kWaiting || place.kind == Kind::kLeased) return Ok{};
  // It may have come to its end since the page was read.
  const auto record = store_.find(item.id);
  if (!record && record.error().code != Errc::kNotFound) return record.error();
  if (!record || is_final(record->state)) return Ok{};
  if (place.kind == Kind::kFailed) return end(item.id, place.reason);
  log::warning("a submission was missing in the queue", {
                                                            {"submission", item.id.text}
  });
  return push(item);
}

// The queue has given it up, and so its worker, if there is one, has lost it.
Status Reconciler::end(const SubmissionId& id, const std::string& reason) {
  const auto record = store_.start(id);
  if (!record) return over_or(record.error());
  log::warning("a submission has failed in the queue",
               {
                   {"submission", id.text},
                   {"reason",     reason }
  });
  auto failure = host_failure(reason.empty() ? "its job failed in the queue" : reason);
  std::promise<Result<WallTime>> finished;
  store_.finish(id, record->attempt, std::move(failure.outcome), std::move(failure.objects),
                [&](Result<WallTime> at) { finished.set_value(std::move(at)); });
  const auto at = finished.get_future().get();
  return at ? Status(Ok{}) : over_or(at.error());
}

Status Reconciler::push(const Unfinished& item) {
  const auto left = std::chrono::ceil<Milliseconds>(item.due - clock_.wall());
  const auto delay = std::clamp(left, Milliseconds{0}, options_.delay_ceiling);
  return queue_.push({.submission = item.id, .priority = item.priority, .delay = delay});
}

}  // namespace engine
