#include "queue/redis_pool.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace engine::redis {
namespace {

constexpr std::size_t kMostTogether = 64;

// What a Redis says that is there, but cannot serve now.
constexpr std::array<std::string_view, 9> kCannotServe = {"LOADING",  "BUSY",        "MASTERDOWN",
                                                          "READONLY", "OOM",         "MISCONF",
                                                          "NOAUTH",   "CLUSTERDOWN", "TRYAGAIN"};

bool cannot_serve(const Reply& reply) {
  return reply.is_error() && std::ranges::any_of(kCannotServe, [&](std::string_view word) {
           return reply.text.starts_with(word);
         });
}

}  // namespace

Pool::Pool(Address address, Options options, std::function<void()> on_away)
    : address_(std::move(address)), options_(options), on_away_(std::move(on_away)) {}

Result<Pool::Answers> Pool::ask(std::span<const Command> commands) {
  Call call{.commands = commands};
  Lock lock(mutex_);
  if (is_away_) return Error{Errc::kUnavailable, why_, {}};
  waiting_.push_back(&call);
  const auto deadline = std::chrono::steady_clock::now() + options_.command_timeout;
  while (!call.is_answered) {
    if (call.is_taken) {
      call.changed.wait(lock);
    } else if (lent_ < options_.connections) {
      serve(lock);
    } else if (call.changed.wait_until(lock, deadline) == std::cv_status::timeout &&
               !call.is_taken && lent_ >= options_.connections) {
      std::erase(waiting_, &call);
      return Error{Errc::kUnavailable, "every connection to Redis is busy", {}};
    }
  }
  return std::move(call.result);
}

void Pool::serve(Lock& lock) {
  const auto count = std::min(waiting_.size(), kMostTogether);
  const Calls calls(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  for (Call* call : calls)
    call->is_taken = true;
  Line line;
  if (!idle_.empty()) {
    line = std::move(idle_.back());
    idle_.pop_back();
  }
  ++lent_;
  lock.unlock();
  exchange(calls, line);
  lock.lock();
  --lent_;
  if (line != nullptr && !is_away_) idle_.push_back(std::move(line));
  for (Call* call : calls) {
    call->is_answered = true;
    call->changed.notify_one();
  }
  if (!waiting_.empty()) waiting_.front()->changed.notify_one();
}

void Pool::exchange(const Calls& calls, Line& line) {
  std::vector<Connection::Group> groups;
  for (const Call* call : calls)
    groups.push_back(call->commands);
  const auto fail = [&](const Error& why) {
    line.reset();
    const Error error = away(why);
    for (Call* call : calls)
      call->result = error;
  };
  bool is_repeated = false;
  Result<std::vector<Connection::Replies>> replies;
  if (line != nullptr) {
    replies = line->ask_all(groups, options_.command_timeout);
    // It may have been cut long ago, while it lay idle. Everything we ask bears to be asked twice.
    is_repeated = !replies && !line->is_silent();
    if (!replies && !is_repeated) return fail(replies.error());
  }
  if (!replies) {
    auto another = connect();
    if (!another) return fail(another.error());
    line = *std::move(another);
    replies = line->ask_all(groups, options_.command_timeout);
    if (!replies) return fail(replies.error());
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto& own = (*replies)[i];
    const auto refusal = std::ranges::find_if(own, cannot_serve);
    if (refusal != own.end()) {
      calls[i]->result = Error{Errc::kUnavailable, "Redis says: " + refusal->text, {}};
    } else {
      calls[i]->result = Answers{.replies = std::move(own), .is_repeated = is_repeated};
    }
  }
}

Result<Pool::Line> Pool::open() {
  {
    const std::lock_guard lock(mutex_);
    if (is_away_) return Error{Errc::kUnavailable, why_, {}};
  }
  return connect();
}

std::optional<std::string> Pool::problem() const {
  const std::lock_guard lock(mutex_);
  if (!is_away_) return std::nullopt;
  return why_;
}

bool Pool::is_away() const {
  const std::lock_guard lock(mutex_);
  return is_away_;
}

Status Pool::try_again() {
  TRY(auto line, Connection::open(address_, options_.connect_timeout));
  const std::lock_guard lock(mutex_);
  is_away_ = false;
  idle_.push_back(std::move(line));
  return Ok{};
}

Result<Pool::Line> Pool::connect() {
  auto connection = Connection::open(address_, options_.connect_timeout);
  if (!connection) return away(connection.error());
  return connection;
}

Error Pool::away(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    is_away_ = true;
    why_ = why.message;
    idle_.clear();
    for (Call* call : waiting_) {
      call->result = Error{Errc::kUnavailable, why_, {}};
      call->is_taken = call->is_answered = true;
      call->changed.notify_one();
    }
    waiting_.clear();
  }
  on_away_();
  return {Errc::kUnavailable, why.message, {}};
}

}  // namespace engine::redis
