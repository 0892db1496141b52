#include "store/postgres_pool.h"

#include <algorithm>

#include "base/log.h"

namespace engine::postgres {
namespace {

constexpr Milliseconds kUsualPause{1'000};    // Between two looks.
constexpr Milliseconds kFirstPause{50};       // While the database is away; doubled each time,
constexpr Milliseconds kLongestPause{2'000};  // up to this.

Milliseconds pause_after(int failures) {
  if (failures == 0) return kUsualPause;
  return std::min(kFirstPause * (1 << std::min(failures - 1, 10)), kLongestPause);
}

}  // namespace

Result<std::unique_ptr<Pool>> Pool::open(Server server, int connections) {
  std::unique_ptr<Pool> pool(new Pool(std::move(server), std::max(connections, 1)));
  for (int i = 0; i < pool->most_; ++i) {
    TRY(auto connection, pool->server_.connect());
    pool->idle_.push_back(std::move(connection));
  }
  pool->watcher_ = std::thread([raw = pool.get()] { raw->watch(); });
  return pool;
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    doubt_.notify_all();
    back_.notify_all();
  }
  if (watcher_.joinable()) watcher_.join();
}

bool Pool::wait_until_back(Milliseconds patience) {
  Lock lock(mutex_);
  return back_.wait_for(lock, patience, [this] { return ending_ || (!problem_ && !doubtful_); }) &&
         !ending_;
}

std::optional<std::string> Pool::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

Result<Pool::Loan> Pool::borrow() {
  std::unique_ptr<Connection> idle;
  {
    Lock lock(mutex_);
    returned_.wait(lock, [this] { return problem_ || lent_ < most_; });
    if (problem_) return Error{Errc::kUnavailable, *problem_, {}};
    ++lent_;
    idle = take_idle();
  }
  auto connection = alive_or_new(std::move(idle));
  if (connection) return Loan(*this, *std::move(connection));
  give_back(nullptr);
  // Whatever is wrong with it, it was right when we started, and may be again.
  return Error{Errc::kUnavailable, std::move(connection).error().message, {}};
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> dropped;  // Ends after the lock.
  const std::lock_guard lock(mutex_);
  --lent_;
  if (connection && !connection->is_lost()) {
    idle_.push_back(std::move(connection));
  } else {
    // What ended this one ends the others, if only a moment later.
    dropped.swap(idle_);
    doubtful_ = true;
    doubt_.notify_one();
  }
  returned_.notify_one();
}

std::unique_ptr<Connection> Pool::take_idle() {
  if (idle_.empty()) return nullptr;
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

Result<std::unique_ptr<Connection>> Pool::alive_or_new(std::unique_ptr<Connection> idle) {
  while (idle) {
    if (idle->is_alive()) return idle;
    const std::lock_guard lock(mutex_);
    idle = take_idle();
  }
  auto connection = server_.connect();
  note(connection ? Status(Ok{}) : Status(connection.error()));
  return connection;
}

// Takes down how an attempt to reach the database went; logs when it goes and when it comes.
void Pool::note(const Status& connected) {
  const std::lock_guard lock(mutex_);
  if (connected && problem_) log::info("the database is back");
  if (!connected && !problem_) {
    log::error("the database is away", {
                                           {"reason", connected.error().message}
    });
  }
  problem_ = connected ? std::nullopt : std::optional(connected.error().message);
  doubtful_ = false;
  if (connected) back_.notify_all();
  returned_.notify_all();  // Those who wait for a connection need not any more.
}

// The pool's own thread.
void Pool::watch() {
  for (int failures = 0;;) {
    {
      Lock lock(mutex_);
      // When the database is known to be away, a doubt brings nothing new.
      doubt_.wait_for(lock, pause_after(failures),
                      [this] { return ending_ || (doubtful_ && !problem_); });
      if (ending_) return;
    }
    failures = look() ? 0 : failures + 1;
  }
}

// Asks an idle connection, and if there is none that answers, for a new one.
Status Pool::look() {
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    const bool busy = idle_.empty() && lent_ > 0;
    if (busy && !problem_ && !doubtful_) return Ok{};  // Who has them will notice.
    ++lent_;
    connection = take_idle();
  }
  Status status = Ok{};
  if (!connection || !connection->ask()) {
    auto made = server_.connect();
    status = made ? Status(Ok{}) : Status(made.error());
    connection = made ? *std::move(made) : nullptr;
  }
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (connection && static_cast<int>(idle_.size()) + lent_ < most_) {
      idle_.push_back(std::move(connection));
    }
  }
  note(status);
  return status;
}

}  // namespace engine::postgres
