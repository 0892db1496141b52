#include "queue/redis_pool.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace engine::redis {
namespace {

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
  bool is_used = false;
  TRY(auto connection, borrow(is_used));
  Answers answers;
  auto replies = connection->ask(commands, options_.command_timeout);
  if (!replies && is_used && !connection->is_silent()) {
    // It may have been cut long ago, while it lay idle. Everything we ask bears to be asked twice.
    answers.is_repeated = true;
    connection.reset();
    auto another = connect();
    if (!another) {
      give_back(nullptr);
      return std::move(another).error();
    }
    connection = *std::move(another);
    replies = connection->ask(commands, options_.command_timeout);
  }
  const bool is_broken = !replies;
  give_back(is_broken ? nullptr : std::move(connection));
  if (is_broken) return away(replies.error());
  for (const Reply& reply : *replies) {
    if (cannot_serve(reply)) return Error{Errc::kUnavailable, "Redis says: " + reply.text, {}};
  }
  answers.replies = *std::move(replies);
  return answers;
}

Result<std::unique_ptr<Connection>> Pool::open() {
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
  TRY(auto connection, Connection::open(address_, options_.connect_timeout));
  const std::lock_guard lock(mutex_);
  is_away_ = false;
  idle_.push_back(std::move(connection));
  returned_.notify_one();
  return Ok{};
}

Result<std::unique_ptr<Connection>> Pool::borrow(bool& is_used) {
  {
    std::unique_lock lock(mutex_);
    const bool is_free = returned_.wait_for(lock, options_.command_timeout, [this] {
      return is_away_ || lent_ < options_.connections;
    });
    if (is_away_) return Error{Errc::kUnavailable, why_, {}};
    if (!is_free) return Error{Errc::kUnavailable, "every connection to Redis is busy", {}};
    ++lent_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      is_used = true;
      return connection;
    }
  }
  auto connection = connect();
  if (!connection) give_back(nullptr);
  return connection;
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  --lent_;
  if (connection != nullptr && !is_away_) idle_.push_back(std::move(connection));
  returned_.notify_one();
}

Result<std::unique_ptr<Connection>> Pool::connect() {
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
    returned_.notify_all();
  }
  on_away_();
  return {Errc::kUnavailable, why.message, {}};
}

}  // namespace engine::redis
