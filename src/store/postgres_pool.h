#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "store/postgres_server.h"

namespace engine::postgres {

// Lends connections to threads; who finds none free waits. While the database is away every call
// fails at once, and a thread of the pool tries to get it back, less and less often. It also asks
// after the database when nobody else does, so that problem() is true of now.
class Pool {
 public:
  // As Server::connect(). All connections are made now, so that a server that has not enough of
  // them is found out at the start.
  static Result<std::unique_ptr<Pool>> open(Server server, int connections);
  ~Pool();

  // Calls `use`, which returns a Result, with a connection that was alive just now.
  template <typename Use>
  auto with(Use use) -> std::invoke_result_t<Use&, Connection&> {
    TRY(const Loan loan, borrow());
    return use(*loan.connection);
  }

  // The same, and calls `use` once more, on another connection, when the first was lost under it;
  // `again` tells it that what it asks for may have been done already.
  template <typename Use>
  auto with_retry(Use use) -> std::invoke_result_t<Use&, Connection&, bool> {
    {
      TRY(const Loan loan, borrow());
      auto result = use(*loan.connection, false);
      if (!loan.connection->is_lost()) return result;
    }
    TRY(const Loan loan, borrow());
    return use(*loan.connection, true);
  }

  // False: the database is still away.
  bool wait_until_back(Milliseconds patience);

  std::optional<std::string> problem() const;

 private:
  struct Loan {
    Loan(Pool& lender, std::unique_ptr<Connection> lent)
        : pool(&lender), connection(std::move(lent)) {}
    Loan(Loan&& other) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (connection) pool->give_back(std::move(connection));
    }
    Pool* pool;
    std::unique_ptr<Connection> connection;
  };
  using Lock = std::unique_lock<std::mutex>;

  Pool(Server server, int connections) : server_(std::move(server)), most_(connections) {}
  Result<Loan> borrow();
  void give_back(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> take_idle();
  Result<std::unique_ptr<Connection>> alive_or_new(std::unique_ptr<Connection> idle);
  void note(const Status& connected);
  void watch();
  Status look();

  const Server server_;
  const int most_;

  mutable std::mutex mutex_;  // Guards all below.
  std::condition_variable returned_;
  std::condition_variable doubt_;
  std::condition_variable back_;
  std::vector<std::unique_ptr<Connection>> idle_;
  int lent_ = 0;
  std::optional<std::string> problem_;
  bool doubtful_ = false;  // A connection was lost: find out at once whether the database is.
  bool ending_ = false;

  std::thread watcher_;
};

}  // namespace engine::postgres
