#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "store/postgres_lane.h"
#include "store/postgres_pool.h"
#include "store/postgres_reporter.h"
#include "store/postgres_rows.h"
#include "store/store.h"

namespace engine::postgres {

// The writes that report later: gathered into groups, committed, and then reported to each.
class Writer {
 public:
  struct Options {
    std::size_t most_waiting = 0;
    Bytes most_waiting_bytes;
    Milliseconds patience{0};  // To learn how an ending went, when the database went away under it.
  };
  // `pool` outlives it.
  Writer(Pool& pool, Options options);

  // True: who can wait should be refused.
  bool is_full() const;

  // Errors as Store::insert() and Store::finish(), each on a thread of the reporter.
  void insert(NewRow row, Store::OnInserted done);
  void finish(Ending ending, Store::OnFinished done);

  // Calls `refuse` soon, likewise.
  void report(std::function<void()> refuse) { reporter_.post(std::move(refuse)); }

 private:
  template <typename T>
  using Results = Result<std::vector<Result<T>>>;

  // Row: NewRow or Ending. T: what is reported of it.
  template <typename Row, typename T>
  struct Write {
    SubmissionId id;
    std::size_t size = 0;
    Row row;
    std::function<void(Result<T>)> done;
  };
  using Insert = Write<NewRow, Store::Inserted>;
  using Finish = Write<Ending, WallTime>;

  Results<Store::Inserted> ask(std::span<const NewRow* const> group, Fault& fault);
  Results<WallTime> ask(std::span<const Ending* const> group, Fault& fault);
  template <typename Row, typename T>
  void commit(std::span<Write<Row, T>> group);
  template <typename Row, typename T>
  void report(std::span<Write<Row, T>> group, Results<T> results);
  void count(std::size_t size);

  Pool& pool_;
  const Options options_;
  std::atomic<std::size_t> waiting_ = 0;  // Not reported yet.
  std::atomic<std::size_t> waiting_bytes_ = 0;
  Reporter reporter_;  // Ends after the lanes, whose last reports it makes.
  Lane<Insert> inserts_{[this](std::vector<Insert> group) { commit(std::span(group)); }};
  Lane<Finish> finishes_{[this](std::vector<Finish> group) { commit(std::span(group)); }};
};

}  // namespace engine::postgres
