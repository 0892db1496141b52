#include "store/postgres_writer.h"

#include "base/log.h"

namespace engine::postgres {
namespace {

// Several thousand reports a second, of a millisecond each.
constexpr int kReporters = 8;

}  // namespace

Writer::Writer(Pool& pool, Options options)
    : pool_(pool), options_(options), reporter_(kReporters) {}

bool Writer::is_full() const {
  return waiting_ >= options_.most_waiting ||
         waiting_bytes_ >= static_cast<std::size_t>(options_.most_waiting_bytes.count);
}

void Writer::insert(NewRow row, Store::OnInserted done) {
  const std::size_t size = row.request.size() + row.test_names.size();
  count(size);
  SubmissionId id = row.id;
  inserts_.push({std::move(id), size, std::move(row), std::move(done)});
}

void Writer::finish(Ending ending, Store::OnFinished done) {
  const std::size_t size =
      ending.outcome.body.size() + static_cast<std::size_t>(size_of(ending.outcome.objects).count);
  count(size);
  SubmissionId id = ending.id;
  finishes_.push({std::move(id), size, std::move(ending), std::move(done)});
}

void Writer::count(std::size_t size) {
  ++waiting_;
  waiting_bytes_ += size;
}

Writer::Results<Store::Inserted> Writer::ask(std::span<const NewRow* const> group, Fault& fault) {
  return pool_.with([&](Connection& db) {
    auto results = postgres::insert(db, group);
    fault = db.fault();
    return results;
  });
}

Writer::Results<WallTime> Writer::ask(std::span<const Ending* const> group, Fault& fault) {
  bool again = false;
  const auto once = [&](Connection& db) {
    auto results = postgres::finish(db, group, again);
    fault = db.fault();
    return results;
  };
  auto results = pool_.with(once);
  if (fault != Fault::kLost || !pool_.wait_until_back(options_.patience)) return results;
  // Runs are dear, and the question may be asked twice.
  fault = Fault::kNone;
  again = true;
  return pool_.with(once);
}

template <typename Row, typename T>
void Writer::commit(std::span<Write<Row, T>> group) {
  std::vector<const Row*> rows;
  for (const auto& write : group)
    rows.push_back(&write.row);
  Fault fault = Fault::kNone;
  Results<T> results = ask(rows, fault);
  if (fault == Fault::kStatement && group.size() > 1) {
    // One write is not possible. Each for itself, only that one fails.
    for (std::size_t i = 0; i < group.size(); ++i)
      commit(group.subspan(i, 1));
    return;
  }
  if (fault == Fault::kStatement) {
    log::error("the database refused a write", {
                                                   {"reason", results.error().message}
    });
  }
  report(group, std::move(results));
}

template <typename Row, typename T>
void Writer::report(std::span<Write<Row, T>> group, Results<T> results) {
  std::vector<Reporter::Report> reports;
  reports.reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    reports.emplace_back(
        [this, done = std::move(group[i].done), size = group[i].size,
         result = results ? std::move((*results)[i]) : Result<T>(results.error())]() mutable {
          done(std::move(result));
          --waiting_;
          waiting_bytes_ -= size;
        });
  }
  reporter_.post(std::move(reports));
}

}  // namespace engine::postgres
