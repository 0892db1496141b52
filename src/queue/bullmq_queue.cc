#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <random>
#include <sstream>
#include <utility>

#include "base/doorbell.h"
#include "base/encoding.h"
#include "base/log.h"
#include "queue/bullmq_caretaker.h"
#include "queue/bullmq_inventory.h"
#include "queue/bullmq_leases.h"
#include "queue/bullmq_scripts.h"
#include "queue/bullmq_taker.h"
#include "queue/bullmq_url.h"
#include "queue/bullmq_watcher.h"
#include "queue/bullmq_wire.h"
#include "queue/queue.h"
#include "queue/redis_pool.h"

namespace engine {
namespace bullmq {
namespace {

using Haste = redis::Pool::Haste;
using Held = Leases::Held;

Error lease_is_gone() {
  return {Errc::kConflict, "the lease ran out or was never given", {}};
}

KeepJobs keep_jobs(const std::optional<KeepJobs>& asked, const BullmqKeep& ours) {
  if (asked) return *asked;
  KeepJobs keep{.count = ours.count};
  if (ours.age > std::chrono::seconds{0}) keep.age = ours.age.count();
  return keep;
}

double chance() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

// As Node's BullMQ names the connection of a worker.
std::string connection_name(const Url& url, const std::string& worker) {
  return url.prefix + ":" + to_base64(url.queue) + ":w:" + worker;
}

class BullmqQueue final : public Queue {
 public:
  BullmqQueue(BullmqOptions options, Url url, const Clock& clock)
      : options_(std::move(options)),
        name_(url.queue),
        clock_(clock),
        pool_(
            url.address,
            {.connect_timeout = options_.connect_timeout,
             .command_timeout = options_.command_timeout,
             .connections = options_.connections},
            [this] { caretaker_.ring(); }, [this] { taker_.wake(); }),
        wire_(url.prefix, url.queue),
        leases_(options_.lease, clock),
        inventory_(pool_, wire_, options_.capacity, clock),
        taker_(pool_, wire_,
               {.lock = options_.lease,
                .worker = options_.worker,
                .connection_name = connection_name(url, options_.worker)},
               clock),
        caretaker_(pool_, wire_, leases_,
                   {.stalled_interval = options_.stalled_interval,
                    .most_stalled = options_.most_stalled,
                    .on_worker_lost = options_.on_worker_lost},
                   clock),
        watcher_(pool_, wire_) {}

  ~BullmqQueue() override {
    taker_.close();
    pool_.flush();
    watcher_.stop();
    caretaker_.stop();
  }

  // Says that the queue is ours too, and begins to look after it.
  Status start() {
    const std::string version = "bullmq:" + std::string(scripts::kVersion);
    TRY(const auto asked, pool_.ask({"HSETNX", wire_.key("meta"), "version", version}));
    if (asked.replies.front().is_error()) {
      return Error{Errc::kInvalid, "Redis says: " + asked.replies.front().text, {}};
    }
    caretaker_.start();
    return Ok{};
  }

  Status push(const Item& item) override { return inventory_.push(item); }

  Result<Lease> take(Milliseconds patience) override {
    const SteadyTime deadline = clock_.steady() + patience;
    for (auto left = patience;; left = std::max(left, Milliseconds{0})) {
      TRY(auto job, taker_.take(left));
      TRY(auto lease, accept(std::move(job)));
      if (lease) return *std::move(lease);
      left = std::chrono::ceil<Milliseconds>(deadline - clock_.steady());
    }
  }

  Status renew(const Ticket& ticket) override {
    const auto held = leases_.find(ticket);
    if (!held) return lease_is_gone();
    TRY(const auto asked, pool_.ask(wire_.extend_lock(held->job, options_.lease)));
    const auto& reply = asked.replies.front();
    if (reply.is_error()) return Error{Errc::kInternal, "Redis says: " + reply.text, {}};
    if (reply.integer == 1) {
      leases_.renew(ticket);
      return Ok{};
    }
    leases_.erase(ticket);
    return lease_is_gone();
  }

  Status done(const Ticket& ticket, const std::string& result) override {
    const auto held = leases_.find(ticket);
    if (!held) return lease_is_gone();
    return awaited(
        [&](OnEnded told) { end(ticket, *held, completion(held->job, result), std::move(told)); });
  }

  void done_later(const Ticket& ticket, const std::string& result, OnEnded on_ended) override {
    const auto held = leases_.find(ticket);
    if (!held) return on_ended(lease_is_gone());
    auto completed = completion(held->job, result);
    completed.takes_next = held->taker == std::this_thread::get_id();
    end(ticket, *held, std::move(completed), std::move(on_ended));
  }

  Status fail(const Ticket& ticket, const std::string& reason) override {
    const auto held = leases_.find(ticket);
    if (!held) return lease_is_gone();
    return awaited(
        [&](OnEnded told) { end(ticket, *held, failure(held->job, reason), std::move(told)); });
  }

  Result<bool> hand_back(const Ticket& ticket, Milliseconds delay, Counted counted) override {
    const auto held = leases_.find(ticket);
    if (!held) return lease_is_gone();
    const Job& job = held->job;
    if (held->is_strangers && counted == Counted::kYes) {
      const auto made = job.attempts_made + 1;
      if (made >= job.options.attempts) {
        CHECK_OK(fail(ticket, "the engine lost every attempt"));
        return false;
      }
      if (const auto& own = job.options.backoff) delay = backoff_delay(*own, made, chance());
    }
    std::vector<redis::Command> commands;
    if (delay > Milliseconds{0}) {
      commands.push_back(wire_.delay(job, delay, counted, clock_.wall()));
    } else {
      commands.push_back(counted == Counted::kYes ? wire_.retry(job, clock_.wall())
                                                  : wire_.put_back(job));
    }
    // BullMQ's own script does not wake anybody for a job with a priority.
    if (delay <= Milliseconds{0} || caretaker_.has_concurrency_limit()) {
      commands.push_back(wire_.mark());
    }
    CHECK_OK(awaited([&](OnEnded told) {
      settle(
          ticket, job.id, std::move(commands), Haste::kTogether,
          [told = std::move(told)](const Result<redis::Reply>& reply) { told(as_status(reply)); });
    }));
    return true;
  }

  void progress(const Ticket& ticket, const std::string& json) override {
    if (leases_.note_progress(ticket, json)) caretaker_.ring();
  }

  void log(const Ticket& ticket, const std::string& line) override {
    leases_.note_line(ticket, line);
  }

  Status remove(const SubmissionId& submission) override { return inventory_.remove(submission); }

  Result<std::vector<Place>> look(const std::vector<SubmissionId>& submissions) override {
    return inventory_.look(submissions);
  }

  std::optional<std::string> problem() const override { return pool_.problem(); }

  Counts counts() const override { return inventory_.counts(); }

  void watch(Listener listener) override { watcher_.watch(std::move(listener)); }

  void close() override { taker_.close(); }

 private:
  // Nothing: the job cannot be worked on, and has been failed.
  Result<std::optional<Lease>> accept(Job job) {
    if (!job.deferred_failure.empty()) return refuse(job, job.deferred_failure);
    auto content = read_content(job, name_, options_.largest_request);
    if (!content) return refuse(job, content.error().message);
    const bool is_strangers = !content->request.empty();
    if (is_strangers) {
      const auto remembered = inventory_.remember_stranger(content->submission, job.id);
      if (!remembered) return remembered.error();
    }
    job.data.clear();
    Lease lease{.submission = content->submission, .request = std::move(content->request)};
    lease.ticket = leases_.add({.job = std::move(job),
                                .submission = lease.submission,
                                .is_strangers = is_strangers,
                                .taker = std::this_thread::get_id()});
    return std::optional(std::move(lease));
  }

  Result<std::optional<Lease>> refuse(const Job& job, const std::string& reason) {
    log::warning("a job is failed unseen", {
                                               {"job",    job.id},
                                               {"reason", reason}
    });
    std::vector<redis::Command> commands{finish(job, failure(job, reason))};
    const auto content = read_content(job, name_, options_.largest_request);
    if (content) commands.push_back(inventory_.forget_stranger(content->submission));
    const auto asked = pool_.ask(commands);
    if (!asked) return asked.error();
    return std::optional<Lease>();
  }

  Wire::End completion(const Job& job, const std::string& result) const {
    return {.is_completed = true,
            .text = result.empty() ? "null" : result,
            .keep = keep_jobs(job.options.keep_completed, options_.keep_completed)};
  }

  Wire::End failure(const Job& job, const std::string& reason) const {
    return {.is_completed = false,
            .text = reason,
            .keep = keep_jobs(job.options.keep_failed, options_.keep_failed)};
  }

  redis::Command finish(const Job& job, const Wire::End& end) const {
    return wire_.finish(job, end, options_.lease, options_.worker, clock_.wall());
  }

  // `end.takes_next`: the caller, which took this job, will take another.
  void end(const Ticket& ticket, const Held& held, Wire::End end, OnEnded on_ended) {
    const auto heir = taker_.reserve(end.takes_next);
    end.takes_next = heir != Taker::Heir::kNobody;
    const auto haste = heir == Taker::Heir::kSleeper ? Haste::kTogether : Haste::kAlone;
    std::vector<redis::Command> commands;
    commands.push_back(finish(held.job, end));
    if (caretaker_.has_concurrency_limit() && !end.takes_next) commands.push_back(wire_.mark());
    if (held.is_strangers) commands.push_back(inventory_.forget_stranger(held.submission));
    auto settled = [this, token = end.takes_next ? held.job.token : std::string(),
                    on_ended = std::move(on_ended)](const Result<redis::Reply>& reply) {
      if (!token.empty()) taker_.deliver(reply ? *reply : redis::Reply{}, token);
      on_ended(as_status(reply));
    };
    settle(ticket, held.job.id, std::move(commands), haste, std::move(settled));
  }

  // Ends the lease by the first of the commands, before which goes what is yet to be told of the
  // job. Gives the reply to that command.
  using OnSettled = std::function<void(Result<redis::Reply>)>;
  void settle(const Ticket& ticket, const std::string& job, std::vector<redis::Command> commands,
              Haste haste, OnSettled on_settled) {
    std::size_t first = 0;
    if (const auto notes = leases_.take_notes(ticket)) {
      auto told = commands_of(wire_, *notes);
      first = told.size();
      commands.insert(commands.begin(), std::make_move_iterator(told.begin()),
                      std::make_move_iterator(told.end()));
    }
    auto read = [this, ticket, job, first,
                 on_settled = std::move(on_settled)](Result<redis::Pool::Answers> asked) {
      if (!asked) return on_settled(std::move(asked).error());
      leases_.erase(ticket);
      auto end = read_end(std::move(asked->replies[first]));
      const bool may_be_over = !end && end.error().code != Errc::kInternal && asked->is_repeated;
      if (!may_be_over) return on_settled(std::move(end));
      look_whether_over(job, std::move(end).error(), on_settled);
    };
    pool_.post(std::move(commands), haste, std::move(read));
  }

  static Result<redis::Reply> read_end(redis::Reply reply) {
    if (reply.is_error()) return Error{Errc::kInternal, "Redis says: " + reply.text, {}};
    if (!reply.is_integer() || reply.integer >= 0) return reply;
    switch (reply.integer) {
      case -1:  // No such job.
      case -2:  // No lock.
      case -3:  // Not active.
      case -6:  // Another's lock.
        return lease_is_gone();
      default:
        return Error{Errc::kInternal,
                     "BullMQ refuses the end of a job: " + std::to_string(reply.integer),
                     {}};
    }
  }

  // Whether the first of two equal requests, whose answer was lost, did what the second could not.
  void look_whether_over(const std::string& job, Error otherwise, OnSettled on_settled) {
    auto read = [otherwise = std::move(otherwise),
                 on_settled = std::move(on_settled)](const Result<redis::Pool::Answers>& asked) {
      const bool is_over =
          asked && asked->replies.front().is_integer() && asked->replies.front().integer != 0;
      on_settled(is_over ? Result<redis::Reply>(redis::Reply{}) : Result<redis::Reply>(otherwise));
    };
    pool_.post({wire_.is_finished(job)}, Haste::kTogether, std::move(read));
  }

  static Status as_status(const Result<redis::Reply>& reply) {
    if (!reply) return reply.error();
    return Ok{};
  }

  // `start` is given whom to tell.
  template <typename Start>
  Status awaited(Start start) {
    Status status;
    Doorbell bell;
    start([&](Status told) {
      status = std::move(told);
      bell.ring();
    });
    pool_.help();
    bell.wait();
    return status;
  }

  const BullmqOptions options_;
  const std::string name_;
  const Clock& clock_;
  redis::Pool pool_;
  const Wire wire_;
  Leases leases_;
  mutable Inventory inventory_;  // Time passes for a const queue too.
  Taker taker_;
  Caretaker caretaker_;
  Watcher watcher_;
};

std::string info_field(const std::string& info, std::string_view name) {
  const auto at = info.find("\n" + std::string(name) + ":");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 2;
  return info.substr(from, info.find_first_of("\r\n", from) - from);
}

// Good enough for BullMQ's scripts, and set up so that it does not throw jobs away.
Status check_server(redis::Connection& line, const redis::Address& address, Milliseconds patience) {
  const std::array<redis::Command, 2> commands{
      {{"INFO", "server"}, {"INFO", "memory"}}
  };
  TRY(const auto replies, line.ask(commands, patience));
  const auto version = info_field(replies[0].text, "redis_version");
  int major = 0;
  int minor = 0;
  char dot = 0;
  std::istringstream(version) >> major >> dot >> minor;
  if (major < 6 || (major == 6 && minor < 2)) {
    return Error{Errc::kInvalid,
                 "Redis at " + address.name() + " is version '" + version +
                     "'; the queue needs 6.2 or later",
                 {}};
  }
  const auto policy = info_field(replies[1].text, "maxmemory_policy");
  if (policy != "noeviction") {
    log::warning("Redis may throw jobs away: its maxmemory-policy ought to be noeviction",
                 {
                     {"policy", policy}
    });
  }
  return Ok{};
}

}  // namespace
}  // namespace bullmq

Result<std::unique_ptr<Queue>> make_bullmq_queue(BullmqOptions options, const Clock& clock) {
  TRY(auto url, bullmq::parse_url(options.url));
  TRY(const auto line, redis::Connection::open(url.address, options.connect_timeout));
  CHECK_OK(bullmq::check_server(*line, url.address, options.command_timeout));
  auto queue = std::make_unique<bullmq::BullmqQueue>(std::move(options), std::move(url), clock);
  CHECK_OK(queue->start());
  return std::unique_ptr<Queue>(std::move(queue));
}

}  // namespace engine
