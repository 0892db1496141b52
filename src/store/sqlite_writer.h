#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "store/sqlite_connection.h"
#include "store/sqlite_rows.h"

namespace engine::sqlite {

// The one thread that writes. It takes whatever waits as one group, into one transaction and one
// sync of the disk, and only then reports to each; while it syncs, the next group gathers. So
// the more wait, the less each costs, and nobody is made to wait for others to come.
class Writer {
 public:
  struct Options {
    std::size_t most_waiting = 0;
    Bytes most_waiting_bytes;
  };
  // kInternal: the database is damaged.
  static Result<std::unique_ptr<Writer>> start(std::unique_ptr<Connection> connection,
                                               Options options);
  ~Writer();  // Ends when everything that waits is written and reported.

  // True: who can wait should be refused.
  bool is_full() const;

  // `apply`: Result<T>(Rows&), run once, or twice where somebody else's write spoilt the group.
  // `done`: void(Result<T>), called on the writer's thread: the result of `apply` once it is
  // durable; kUnavailable if it is not, or if nobody knows. `size` is about the memory it holds.
  template <typename T, typename Apply, typename Done>
  void add(Apply apply, Done done, std::size_t size) {
    push(std::make_unique<Task<T, Apply, Done>>(std::move(apply), std::move(done), size));
  }

  // The same, and waits for it. Never from a `done`.
  template <typename T, typename Apply>
  Result<T> write(Apply apply) {
    const auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    add<T>(
        std::move(apply), [promise](Result<T> result) { promise->set_value(std::move(result)); },
        0);
    return future.get();
  }

  // Calls `refuse` soon, on the writer's thread.
  void report(std::function<void()> refuse);

  Store::Counts totals() const;
  std::optional<std::string> problem() const;  // Why nothing is written until the next start.

 private:
  class Write {
   public:
    explicit Write(std::size_t size) : size_(size) {}
    virtual ~Write() = default;
    virtual void apply(Rows& rows) = 0;
    virtual void settle(const Status& committed) = 0;
    std::size_t size() const { return size_; }

   private:
    const std::size_t size_;
  };
  template <typename T, typename Apply, typename Done>
  class Task final : public Write {
   public:
    Task(Apply apply, Done done, std::size_t size)
        : Write(size), apply_(std::move(apply)), done_(std::move(done)) {}
    void apply(Rows& rows) override { result_ = apply_(rows); }
    void settle(const Status& committed) override {
      done_(committed ? std::move(result_) : Result<T>(committed.error()));
    }

   private:
    Apply apply_;
    Done done_;
    Result<T> result_;
  };
  using Group = std::vector<std::unique_ptr<Write>>;
  using Members = std::span<const std::unique_ptr<Write>>;

  Writer(std::unique_ptr<Connection> connection, Options options);
  void push(std::unique_ptr<Write> write);
  void run();
  bool next(Group& group, std::vector<std::function<void()>>& reports);
  void commit(Members group);
  Status try_commit(Members group);
  void note(Fault fault, const Status& committed);
  void give_up(const Error& reason);
  void tidy_up();
  Status shrink_a_step();

  const std::unique_ptr<Connection> db_;
  const Options options_;
  Rows rows_{*db_};          // The writer's thread alone, once it runs.
  bool shrinking_ = false;   // Likewise.
  bool in_trouble_ = false;  // Likewise.
  Statement begin_{*db_, "BEGIN IMMEDIATE"};
  Statement commit_{*db_, "COMMIT"};
  Statement roll_back_{*db_, "ROLLBACK"};

  mutable std::mutex mutex_;  // Guards all below.
  std::condition_variable arrival_;
  std::deque<std::unique_ptr<Write>> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<std::function<void()>> reports_;
  Store::Counts totals_;
  std::optional<std::string> problem_;
  bool ending_ = false;

  std::thread thread_;  // Last, so that it starts when all else is there.
};

}  // namespace engine::sqlite
