#include "queue/bullmq_watcher.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace engine::bullmq {
namespace {

using Event = Queue::Event;

constexpr Milliseconds kBlock{5'000};
constexpr Milliseconds kPause{200};

struct Known {
  std::string_view name;
  Event::Kind kind;
  std::string_view text;  // The field that is the event's text.
};
constexpr std::array<Known, 8> kKnown = {
    {{"waiting", Event::Kind::kWaiting, ""},
     {"delayed", Event::Kind::kWaiting, ""},
     {"active", Event::Kind::kActive, ""},
     {"progress", Event::Kind::kProgress, "data"},
     {"stalled", Event::Kind::kStalled, ""},
     {"completed", Event::Kind::kCompleted, "returnvalue"},
     {"failed", Event::Kind::kFailed, "failedReason"},
     {"removed", Event::Kind::kRemoved, ""}}
};

std::string field(const redis::Reply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
    if (fields.at(i).text == name) return fields.at(i + 1).text;
  }
  return "";
}

std::optional<Event> event_of(const redis::Reply& fields) {
  const auto name = field(fields, "event");
  for (const Known& known : kKnown) {
    if (known.name != name) continue;
    Event event{.kind = known.kind, .submission = {field(fields, "jobId")}};
    if (!known.text.empty()) event.text = field(fields, known.text);
    return event;
  }
  return std::nullopt;
}

}  // namespace

void Watcher::watch(Queue::Listener listener) {
  const bool listens = static_cast<bool>(listener);
  {
    const std::lock_guard calling(calling_);
    listener_ = std::move(listener);
  }
  const std::lock_guard lock(mutex_);
  if (!listens || is_stopped_ || thread_.joinable()) return;
  // What happens from here on is heard, even if the thread needs a while.
  (void)find_end();
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Watcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    thread_.request_stop();
    if (line_ != nullptr) line_->interrupt();
  }
  if (thread_.joinable()) thread_.join();
}

void Watcher::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (read()) continue;
    std::unique_lock lock(mutex_);
    line_.reset();
    bell_.wait_for(lock, stop, kPause, [] { return false; });
  }
}

Status Watcher::find_end() {
  if (!last_.empty()) return Ok{};
  TRY(const auto asked, pool_.ask({"XREVRANGE", wire_.key("events"), "+", "-", "COUNT", "1"}));
  const auto& newest = asked.replies.front();
  if (newest.is_error()) return Error{Errc::kInternal, "Redis says: " + newest.text, {}};
  last_ = newest.at(0).at(0).is_text() ? newest.at(0).at(0).text : "0-0";
  return Ok{};
}

Status Watcher::read() {
  CHECK_OK(find_end());
  std::shared_ptr<redis::Connection> line;
  {
    const std::lock_guard lock(mutex_);
    line = line_;
  }
  if (line == nullptr) {
    TRY(line, pool_.open());
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return Ok{};
    line_ = line;
  }
  const redis::Command command{"XREAD",
                               "COUNT",
                               "200",
                               "BLOCK",
                               std::to_string(kBlock.count()),
                               "STREAMS",
                               wire_.key("events"),
                               last_};
  TRY(const auto replies, line->ask(std::span(&command, 1), kBlock + pool_.command_timeout()));
  if (replies.front().is_error()) {
    return Error{Errc::kInternal, "Redis says: " + replies.front().text, {}};
  }
  for (const auto& entry : replies.front().at(0).at(1).elements) {
    last_ = entry.at(0).text;
    tell(entry.at(1));
  }
  return Ok{};
}

void Watcher::tell(const redis::Reply& fields) {
  const auto event = event_of(fields);
  const std::lock_guard calling(calling_);
  if (event && listener_) listener_(*event);
}

}  // namespace engine::bullmq
