#include "queue/bullmq_inventory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace engine::bullmq {
namespace {

using Kind = Queue::Place::Kind;

constexpr Milliseconds kCountsLast{200};
// More pushes than are ever under way at once: so far from the limit no exact count is needed.
constexpr std::int64_t kMargin = 256;
constexpr unsigned kPushesPerCount = 16;  // Others push meanwhile, and much fewer than the margin.
constexpr std::size_t kPage = 200;        // Ids that are looked up in one round trip.

Kind kind_of_state(std::string_view state) {
  if (state == "completed") return Kind::kDone;
  if (state == "failed") return Kind::kFailed;
  if (state == "active") return Kind::kLeased;
  return state == "unknown" || state.empty() ? Kind::kUnknown : Kind::kWaiting;
}

Status ok(const redis::Reply& reply) {
  if (!reply.is_error()) return Ok{};
  return Error{Errc::kInternal, "Redis says: " + reply.text, {}};
}

std::size_t as_count(const redis::Reply& reply) {
  return static_cast<std::size_t>(std::max<std::int64_t>(reply.integer, 0));
}

}  // namespace

Inventory::Inventory(redis::Pool& pool, const Wire& wire, std::size_t capacity, const Clock& clock)
    : pool_(pool),
      wire_(wire),
      capacity_(capacity),
      clock_(clock),
      strangers_(wire.key("execution-engine:strangers")) {}

Status Inventory::push(const Queue::Item& item) {
  const auto& id = item.submission.text;
  if (id.empty() || id.find(':') != std::string::npos) {
    return Error{Errc::kInvalid, "the queue takes no id that is empty or has a colon", {}};
  }
  if (has_strangers_) {
    TRY(const auto job, strangers_job(item.submission));
    if (job) {
      TRY(const auto kind, kind_of(*job));
      if (kind == Kind::kWaiting || kind == Kind::kLeased) return Ok{};
    }
  }
  const bool is_far = is_counted_ && held_ + kMargin < static_cast<std::int64_t>(capacity_);
  return is_far ? add(item) : push_exactly(item);
}

Status Inventory::push_exactly(const Queue::Item& item) {
  const std::lock_guard lock(gate_);
  const std::array<redis::Command, 4> commands{
      {{"EXISTS", wire_.key(item.submission.text)},
       {"LLEN", wire_.key("wait")},
       {"ZCARD", wire_.key("prioritized")},
       {"ZCARD", wire_.key("delayed")}}
  };
  TRY(const auto asked, pool_.ask(commands));
  for (const auto& reply : asked.replies) {
    CHECK_OK(ok(reply));
  }
  const auto& now = asked.replies;
  const auto held = as_count(now[1]) + as_count(now[2]) + as_count(now[3]);
  if (now[0].integer == 0 && held >= capacity_) {
    return Error{Errc::kOverloaded, "the queue is full", {}};
  }
  return add(item);
}

Status Inventory::add(const Queue::Item& item) {
  ++held_;
  std::vector<redis::Command> commands;
  commands.push_back({"EXISTS", wire_.key(item.submission.text)});
  commands.push_back(wire_.add(item, clock_.wall()));
  commands.push_back({"EXISTS", strangers_});
  const bool counts = !is_counted_ || pushes_++ % kPushesPerCount == 0;
  if (counts) {
    commands.push_back({"LLEN", wire_.key("wait")});
    commands.push_back({"ZCARD", wire_.key("prioritized")});
    commands.push_back({"ZCARD", wire_.key("delayed")});
  }
  TRY(const auto asked, pool_.ask(commands));
  const auto& now = asked.replies;
  CHECK_OK(ok(now[1]));
  has_strangers_ = now[2].integer != 0;
  if (counts) {
    held_ = static_cast<std::int64_t>(as_count(now[3]) + as_count(now[4]) + as_count(now[5]));
    is_counted_ = true;
  }
  if (now[0].integer == 0) return Ok{};
  TRY(const auto kind, kind_of(item.submission.text));
  return kind == Kind::kWaiting || kind == Kind::kLeased ? Status(Ok{}) : add_anew(item);
}

// Of a job that is over, or that is in no list. Should it be cut short, the next push does the
// rest.
Status Inventory::add_anew(const Queue::Item& item) {
  TRY(const auto removed, pool_.ask(wire_.remove(item.submission.text)));
  CHECK_OK(ok(removed.replies.front()));
  TRY(const auto added, pool_.ask(wire_.add(item, clock_.wall())));
  return ok(added.replies.front());
}

Status Inventory::remove(const SubmissionId& submission) {
  std::string job = submission.text;
  if (has_strangers_) {
    TRY(auto strangers, strangers_job(submission));
    if (strangers) job = *std::move(strangers);
  }
  TRY(const auto kind, kind_of(job));
  if (kind == Kind::kWaiting) {
    const std::array<redis::Command, 2> commands{wire_.remove(job), forget_stranger(submission)};
    TRY(const auto asked, pool_.ask(commands));
    CHECK_OK(ok(asked.replies.front()));
    if (asked.replies.front().integer == 1) return Ok{};
  }
  return Error{Errc::kNotFound, "the submission does not wait in the queue", {}};
}

Result<std::vector<Queue::Place>> Inventory::look(const std::vector<SubmissionId>& submissions) {
  std::vector<Queue::Place> places;
  places.reserve(submissions.size());
  for (std::size_t first = 0; first < submissions.size(); first += kPage) {
    const auto page =
        std::span(submissions).subspan(first, std::min(kPage, submissions.size() - first));
    redis::Command names{"HMGET", strangers_};
    for (const auto& submission : page)
      names.add(submission.text);
    TRY(const auto named, pool_.ask(names));
    std::vector<redis::Command> commands;
    for (std::size_t i = 0; i < page.size(); ++i) {
      const auto& strangers = named.replies.front().at(i);
      const auto& job = strangers.is_text() ? strangers.text : page[i].text;
      commands.push_back(wire_.state(job));
      commands.push_back({"HGET", wire_.key(job), "failedReason"});
    }
    TRY(const auto asked, pool_.ask(commands));
    for (std::size_t i = 0; i < page.size(); ++i) {
      CHECK_OK(ok(asked.replies[2 * i]));
      Queue::Place place{.kind = kind_of_state(asked.replies[2 * i].text)};
      if (place.kind == Kind::kFailed) place.reason = asked.replies[2 * i + 1].text;
      places.push_back(std::move(place));
    }
  }
  return places;
}

Result<Kind> Inventory::kind_of(const std::string& job) {
  TRY(const auto asked, pool_.ask(wire_.state(job)));
  CHECK_OK(ok(asked.replies.front()));
  return kind_of_state(asked.replies.front().text);
}

Queue::Counts Inventory::counts() {
  const std::lock_guard lock(counting_);
  const SteadyTime now = clock_.steady();
  if (counted_at_ && now - *counted_at_ < kCountsLast) return counts_;
  if (auto counted = count()) {
    counts_ = *std::move(counted);
    counted_at_ = now;
  }
  return counts_;
}

Result<Queue::Counts> Inventory::count() {
  const std::array<redis::Command, 6> commands{
      {{"LLEN", wire_.key("wait")},
       {"ZCARD", wire_.key("prioritized")},
       {"ZCARD", wire_.key("delayed")},
       {"LLEN", wire_.key("active")},
       {"LINDEX", wire_.key("wait"), "-1"},
       {"ZRANGE", wire_.key("prioritized"), "0", "0"}}
  };
  TRY(const auto asked, pool_.ask(commands));
  const auto& now = asked.replies;
  Queue::Counts counts{.waiting = as_count(now[0]) + as_count(now[1]),
                       .delayed = as_count(now[2]),
                       .leased = as_count(now[3])};
  const auto& first = now[4].is_text() ? now[4] : now[5].at(0);
  if (first.is_text()) {
    TRY(counts.oldest, age_of(first.text));
  }
  return counts;
}

Result<std::optional<Milliseconds>> Inventory::age_of(const std::string& job) {
  TRY(const auto asked, pool_.ask({"HGET", wire_.key(job), "timestamp"}));
  const auto& text = asked.replies.front().text;
  std::int64_t added = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), added);
  if (fault != std::errc{}) return std::optional<Milliseconds>();
  const std::int64_t now = unix_milliseconds(clock_.wall());
  return std::optional(Milliseconds{added > 0 && added < now ? now - added : 0});
}

Status Inventory::remember_stranger(const SubmissionId& submission, const std::string& job) {
  has_strangers_ = true;
  TRY(const auto asked, pool_.ask({"HSET", strangers_, submission.text, job}));
  return ok(asked.replies.front());
}

redis::Command Inventory::forget_stranger(const SubmissionId& submission) const {
  return {"HDEL", strangers_, submission.text};
}

Result<std::optional<std::string>> Inventory::strangers_job(const SubmissionId& submission) {
  TRY(const auto asked, pool_.ask({"HGET", strangers_, submission.text}));
  const auto& job = asked.replies.front();
  return job.is_text() ? std::optional(job.text) : std::nullopt;
}

}  // namespace engine::bullmq
