#pragma once

#include <chrono>
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
#include <utility>
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
    Milliseconds sync_patience;  // Of Sync::kAfterwards.
  };
  // kInternal: the database is damaged.
  static Result<std::unique_ptr<Writer>> start(std::unique_ptr<Connection> connection,
                                               Options options);
  ~Writer();  // Ends when everything that waits is written and reported.

  // True: who can wait should be refused.
  bool is_full() const;

  // When the disk is made to have a write: before anybody can read it; between its being readable
  // and its report; or after its report, with the next sync that others wait for or on its own
  // when none comes in time, so that what is reported outlives this process at once and the host a
  // moment later.
  enum class Sync { kBefore, kBetween, kAfterwards };

  // `apply`: Result<T>(Rows&), run once, or twice where somebody else's write spoilt the group.
  // `done`: void(Result<T>), called on the writer's thread: the result of `apply` once it is
  // as durable as `sync` says; kUnavailable if it is not, or if nobody knows. `size` is about the
  // memory it holds.
  template <typename T, typename Apply, typename Done>
  void add(Apply apply, Done done, std::size_t size, Sync sync = Sync::kBefore) {
    const auto unheard = [](const Result<T>&) {};
    push(std::make_unique<Task<T, Apply, decltype(unheard), Done>>(std::move(apply), unheard,
                                                                   std::move(done), size, sync));
  }

  // The same with Sync::kBetween; `early`: void(const Result<T>&), called before `done`, when the
  // result of `apply` is readable.
  template <typename T, typename Apply, typename Early, typename Done>
  void add_in_two(Apply apply, Early early, Done done, std::size_t size) {
    push(std::make_unique<Task<T, Apply, Early, Done>>(std::move(apply), std::move(early),
                                                       std::move(done), size, Sync::kBetween));
  }

  // The same, and waits for it. Never from a `done`.
  template <typename T, typename Apply>
  Result<T> write(Apply apply, Sync sync = Sync::kBefore) {
    const auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    add<T>(
        std::move(apply), [promise](Result<T> result) { promise->set_value(std::move(result)); }, 0,
        sync);
    return future.get();
  }

  // Calls `refuse` soon, on the writer's thread.
  void report(std::function<void()> refuse);

  Store::Counts totals() const;
  std::optional<std::string> problem() const;  // Why nothing is written until the next start.

 private:
  class Write {
   public:
    Write(std::size_t size, Sync sync) : size_(size), sync_(sync) {}
    virtual ~Write() = default;
    virtual void apply(Rows& rows) = 0;
    virtual void tell() = 0;  // That it is readable.
    virtual void settle(const Status& committed) = 0;
    std::size_t size() const { return size_; }
    Sync sync() const { return sync_; }

   private:
    const std::size_t size_;
    const Sync sync_;
  };
  template <typename T, typename Apply, typename Early, typename Done>
  class Task final : public Write {
   public:
    Task(Apply apply, Early early, Done done, std::size_t size, Sync sync)
        : Write(size, sync),
          apply_(std::move(apply)),
          early_(std::move(early)),
          done_(std::move(done)) {}
    void apply(Rows& rows) override { result_ = apply_(rows); }
    void tell() override { early_(std::as_const(result_)); }
    void settle(const Status& committed) override {
      done_(committed ? std::move(result_) : Result<T>(committed.error()));
    }

   private:
    Apply apply_;
    Early early_;
    Done done_;
    Result<T> result_;
  };
  using Group = std::vector<std::unique_ptr<Write>>;
  using Members = std::span<const std::unique_ptr<Write>>;

  Writer(std::unique_ptr<Connection> connection, Options options);
  void push(std::unique_ptr<Write> write);
  void run();
  bool next(Group& group, std::vector<std::function<void()>>& reports);
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void commit(Members group);
  Status try_commit(Members group, bool sync);
  void report(Members group, bool synced);
  Status sync();
  void note(Fault fault, const Status& committed);
  void give_up(const Error& reason);
  void tidy_up();
  Status shrink_a_step();

  const std::unique_ptr<Connection> db_;
  const Options options_;
  Rows rows_{*db_};          // The writer's thread alone, once it runs.
  bool shrinking_ = false;   // Likewise.
  bool in_trouble_ = false;  // Likewise.
  // Likewise: when the disk is made to have what was committed without a sync, if anything was.
  std::optional<std::chrono::steady_clock::time_point> sync_due_;
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
