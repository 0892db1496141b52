#include "queue/bullmq_wire.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json.hpp>

#include "queue/bullmq_scripts.h"
#include "queue/msgpack.h"

namespace engine::bullmq {
namespace {

using redis::Command;

// BullMQ's go from 1 to 2^21, the lowest first, and 0 goes before them.
constexpr int kOurHighest = 100;

constexpr std::int64_t kKeptLines = 20;  // Of a job's log, unless it says otherwise.

int priority_of(int ours) {
  return kOurHighest + 1 - std::clamp(ours, -kOurHighest, kOurHighest);
}

std::string text(std::int64_t number) {
  return std::to_string(number);
}

std::string text(WallTime time) {
  return text(unix_milliseconds(time));
}

std::string fields(std::initializer_list<std::string_view> names_and_values) {
  Msgpack packed;
  packed.array(static_cast<std::uint32_t>(names_and_values.size()));
  for (const auto part : names_and_values)
    packed.text(part);
  return packed.bytes();
}

// As it stands in a job's `stacktrace`.
std::string stack_trace(const std::string& reason) {
  return boost::json::serialize(boost::json::array{reason});
}

void pack(const KeepJobs& keep, Msgpack& packed) {
  const std::pair<const char*, std::optional<std::int64_t>> parts[] = {
      {"count", keep.count},
      {"age",   keep.age  },
      {"limit", keep.limit}
  };
  packed.map(static_cast<std::uint32_t>(
      std::ranges::count_if(parts, [](const auto& part) { return part.second.has_value(); })));
  for (const auto& [name, value] : parts) {
    if (value) packed.text(name).integer(*value);
  }
}

}  // namespace

std::int64_t unix_milliseconds(WallTime time) {
  return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

Wire::Wire(std::string prefix, std::string queue)
    : base_(std::move(prefix) + ":" + std::move(queue) + ":") {}

std::string Wire::key(std::string_view suffix) const {
  return base_ + std::string(suffix);
}

Command Wire::call(const redis::Script& script,
                   std::initializer_list<std::string_view> suffixes) const {
  Command command(script);
  for (const auto suffix : suffixes)
    command.add(base_, suffix);
  return command;
}

Command Wire::add(const Queue::Item& item, WallTime now) const {
  const auto& id = item.submission.text;
  const bool is_delayed = item.delay > Milliseconds{0};
  Msgpack arguments;
  arguments.array(10).text(base_).text(id).text("submission").integer(unix_milliseconds(now));
  for (int absent = 0; absent < 6; ++absent)
    arguments.nil();
  Msgpack options;
  options.map(is_delayed ? 4 : 3);
  options.text("attempts").integer(1);
  options.text("jobId").text(id);
  options.text("priority").integer(priority_of(item.priority));
  if (is_delayed) options.text("delay").integer(item.delay.count());

  auto command =
      is_delayed
          ? call(scripts::addDelayedJob, {"marker", "meta", "id", "delayed", "completed", "events"})
          : call(scripts::addPrioritizedJob, {"marker", "meta", "id", "prioritized", "delayed",
                                              "completed", "active", "events", "pc"});
  command.add(arguments.bytes());
  command.add(R"({"submissionId":)" + boost::json::serialize(boost::json::string_view(id)) + "}");
  command.add(options.bytes());
  return command;
}

Command Wire::fetch(const std::string& token, Milliseconds lock, const std::string& worker,
                    WallTime now) const {
  Msgpack options;
  options.map(3).text("token").text(token).text("lockDuration").integer(lock.count());
  options.text("name").text(worker);
  auto command =
      call(scripts::moveToActive, {"wait", "active", "prioritized", "events", "stalled", "limiter",
                                   "delayed", "paused", "meta", "pc", "marker"});
  command.add(base_).add(text(now)).add(options.bytes());
  return command;
}

Command Wire::finish(const Job& job, const End& end, Milliseconds lock, const std::string& worker,
                     WallTime now) const {
  const std::string_view target = end.is_completed ? "completed" : "failed";
  const auto& given = job.options;
  Msgpack options;
  options.map(10).text("token").text(job.token).text("name").text(worker).text("keepJobs");
  pack(end.keep, options);
  options.text("lockDuration").integer(lock.count()).text("attempts").integer(given.attempts);
  options.text("maxMetricsSize").text("");
  options.text("fpof").boolean(given.fail_parent).text("cpof").boolean(given.continue_parent);
  options.text("idof").boolean(given.ignore_dependency);
  options.text("rdof").boolean(given.remove_dependency);

  auto command =
      call(scripts::moveToFinished, {"wait", "active", "prioritized", "events", "stalled",
                                     "limiter", "delayed", "paused", "meta", "pc", target, job.id});
  command.add(key("metrics:"), target).add(base_, "marker");
  command.add(job.id).add(text(now)).add(end.is_completed ? "returnvalue" : "failedReason");
  command.add(end.text).add(target).add(end.takes_next ? "1" : "0").add(base_);
  command.add(options.bytes());
  command.add(end.is_completed
                  ? std::string()
                  : fields({"failedReason", end.text, "stacktrace", stack_trace(end.text)}));
  return command;
}

Command Wire::put_back(const Job& job) const {
  auto command =
      call(scripts::moveJobFromActiveToWait, {"active", "wait", "stalled", "paused", "meta",
                                              "limiter", "prioritized", "marker", "events"});
  command.add(job.id).add(job.token).add(base_, job.id);
  return command;
}

Command Wire::retry(const Job& job, WallTime now) const {
  auto command = call(scripts::retryJob, {"active", "wait", "paused", job.id, "meta", "events",
                                          "delayed", "prioritized", "pc", "marker", "stalled"});
  command.add(base_).add(text(now)).add(job.options.is_lifo ? "RPUSH" : "LPUSH").add(job.id);
  command.add(job.token).add("");
  return command;
}

Command Wire::delay(const Job& job, Milliseconds delay, Queue::Counted counted,
                    WallTime now) const {
  auto command =
      call(scripts::moveToDelayed, {"marker", "active", "prioritized", "delayed", job.id, "events",
                                    "meta", "stalled", "wait", "limiter", "pc"});
  command.add(base_).add(text(now)).add(job.id).add(job.token).add(text(delay.count()));
  command.add(counted == Queue::Counted::kNo ? "1" : "0").add("").add("0").add("");
  return command;
}

Command Wire::extend_lock(const Job& job, Milliseconds lock) const {
  Command command(scripts::extendLock);
  command.add(key(job.id), ":lock").add(base_, "stalled").add(job.token).add(text(lock.count()));
  command.add(job.id);
  return command;
}

Command Wire::recover_stalled(int most_stalled, Milliseconds interval, WallTime now) const {
  auto command =
      call(scripts::moveStalledJobsToWait, {"stalled", "wait", "active", "stalled-check", "meta",
                                            "paused", "marker", "events", "repeat"});
  command.add(text(most_stalled)).add(base_).add(text(now)).add(text(interval.count()));
  return command;
}

Command Wire::progress(const Job& job, const std::string& json) const {
  auto command = call(scripts::updateProgress, {job.id, "events", "meta"});
  command.add(job.id).add(json);
  return command;
}

Command Wire::log(const Job& job, const std::string& line) const {
  Command command(scripts::addLog);
  command.add(base_, job.id).add(key(job.id), ":logs").add(job.id).add(line);
  command.add(text(job.options.keep_logs.value_or(kKeptLines)));
  return command;
}

Command Wire::state(const std::string& id) const {
  auto command = call(scripts::getStateV2, {"completed", "failed", "delayed", "active", "wait",
                                            "paused", "waiting-children", "prioritized"});
  command.add(id);
  return command;
}

Command Wire::is_finished(const std::string& id) const {
  auto command = call(scripts::isFinished, {"completed", "failed", id});
  command.add(id).add("");
  return command;
}

Command Wire::remove(const std::string& id) const {
  auto command = call(scripts::removeJob, {id, "repeat"});
  command.add(id).add("0").add(base_);
  return command;
}

Command Wire::mark() const {
  return {"ZADD", key("marker"), "0", "0"};
}

Command Wire::wait_for_mark(Milliseconds patience) const {
  const auto left = std::max(patience, Milliseconds{2});  // 0 waits for ever; some round 1 to that.
  std::string fraction = text(left.count() % 1'000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return {"BZPOPMIN", key("marker"), text(left.count() / 1'000) + "." + fraction};
}

Next read_next(const redis::Reply& reply, const std::string& token) {
  Next next;
  if (reply.at(0).is_array() && reply.at(1).is_text()) {
    next.job = read_job(reply.at(0), reply.at(1).text, token);
  }
  next.limited = Milliseconds{std::max<std::int64_t>(reply.at(2).integer, 0)};
  next.next_delayed = std::max<std::int64_t>(reply.at(3).integer, 0);
  return next;
}

}  // namespace engine::bullmq
