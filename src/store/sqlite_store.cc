#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>

#include "base/fd.h"
#include "base/free_space.h"
#include "store/refusals.h"
#include "store/sqlite_readers.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_writer.h"
#include "store/store.h"

namespace engine {
namespace {

using sqlite::Readers;
using sqlite::Rows;
using sqlite::Writer;

constexpr int kReaders = 4;

// Held while the database is open, so that no second engine takes the same submissions. The kernel
// lets go of it when the process dies.
Result<Fd> lock(const std::string& path) {
  const std::string name = path + ".lock";
  Fd file(::open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return Error{Errc::kUnavailable,
                 "cannot make '" + name + "': " + std::generic_category().message(errno),
                 {}};
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{Errc::kUnavailable, "another engine is using the database '" + path + "'", {}};
  }
  return file;
}

class SqliteStore final : public Store {
 public:
  // In the order in which they are to be closed, last first.
  struct Parts {
    Fd lock;
    std::unique_ptr<Writer> writer;
    std::unique_ptr<Readers> readers;
  };
  SqliteStore(const SqliteOptions& options, const Clock& clock, Parts parts)
      : clock_(clock),
        free_space_(options.path, options.free_space_floor, clock),
        parts_(std::move(parts)) {}

  void insert(Submission submission, std::optional<IdempotencyKey> key, OnReadable on_readable,
              OnInserted on_inserted) override {
    if (auto refusal = refuse()) {
      return parts_.writer->report(
          [refused = *std::move(refusal), done = std::move(on_inserted)] { done(refused); });
    }
    auto row = new_row(submission, std::move(key), clock_.wall());
    const std::size_t size = row.request.size() + row.test_names.size();
    auto early = [on_readable = std::move(on_readable)](const Result<Inserted>& inserted) {
      if (on_readable && inserted && !inserted->existed) on_readable();
    };
    parts_.writer->add_in_two<Inserted>(
        [row = std::move(row)](Rows& rows) { return rows.insert(row); }, std::move(early),
        std::move(on_inserted), size);
  }

  Result<SubmissionId> find_repeated(const OwnerId& owner, const IdempotencyKey& key) override {
    return parts_.readers->with([&](auto& reader) { return reader.find_repeated(owner, key); });
  }

  Result<Record> find(const SubmissionId& id) override {
    return parts_.readers->with([&](auto& reader) { return reader.find(id); });
  }

  Result<Submission> load(const SubmissionId& id) override {
    return parts_.readers->with([&](auto& reader) { return reader.load(id); });
  }

  Result<Record> start(const SubmissionId& id) override {
    return parts_.writer->write<Record>(
        [id, now = clock_.wall()](Rows& rows) { return rows.start(id, now); },
        Writer::Sync::kAfterwards);
  }

  void finish(const SubmissionId& id, int attempt, Outcome outcome, std::vector<Object> objects,
              OnFinished on_finished) override {
    auto row = new_outcome(outcome, std::move(objects));
    const auto size = row.body.size() + static_cast<std::size_t>(size_of(row.objects).count);
    auto apply = [id, attempt, row = std::move(row),
                  now = clock_.wall()](Rows& rows) -> Result<WallTime> {
      CHECK_OK(rows.finish(id, attempt, row, now));
      return now;
    };
    parts_.writer->add<WallTime>(std::move(apply), std::move(on_finished), size);
  }

  Status give_back(const SubmissionId& id, int attempt) override {
    return parts_.writer->write<Ok>(
        [id, attempt](Rows& rows) { return rows.give_back(id, attempt); });
  }

  Status cancel(const SubmissionId& id) override {
    return parts_.writer->write<Ok>(
        [id, now = clock_.wall()](Rows& rows) { return rows.cancel(id, now); });
  }

  Result<std::string> object(const SubmissionId& id, int attempt,
                             const std::string& name) override {
    return parts_.readers->with([&](auto& reader) { return reader.object(id, attempt, name); });
  }

  Result<std::vector<Unfinished>> unfinished(const SubmissionId& after, int limit) override {
    return parts_.readers->with([&](auto& reader) { return reader.unfinished(after, limit); });
  }

  Result<std::vector<SubmissionId>> expire(WallTime before, Bytes keep, int limit) override {
    return parts_.writer->write<std::vector<SubmissionId>>(
        [=](Rows& rows) { return rows.expire(before, keep, limit); });
  }

  Result<std::vector<Debt>> owed(const SubmissionId& after, int limit) override {
    return parts_.readers->with([&](auto& reader) { return reader.owed(after, limit); });
  }

  Status paid(const std::vector<Debt>& debts) override {
    return parts_.writer->write<Ok>([debts](Rows& rows) { return rows.paid(debts); });
  }

  Result<Counts> counts() override { return parts_.writer->totals(); }

  Status announce(const WorkerNotice& worker) override {
    return parts_.writer->write<Ok>(
        [worker, now = clock_.wall()](Rows& rows) { return rows.announce(worker, now); });
  }

  Status retire(const std::string& worker) override {
    return parts_.writer->write<Ok>([worker](Rows& rows) { return rows.retire(worker); });
  }

  Result<std::vector<WorkerNotice>> workers(Milliseconds within) override {
    return parts_.readers->with(
        [since = clock_.wall() - within](auto& reader) { return reader.workers(since); });
  }

  // Nobody else has the database open.
  Result<bool> lead(const std::string&) override { return true; }

  std::optional<std::string> problem() const override {
    if (auto broken = parts_.writer->problem()) return broken;
    if (free_space_.is_low()) return "the disk of the database is nearly full";
    return std::nullopt;
  }

 private:
  std::optional<Error> refuse() const {
    if (free_space_.is_low()) {
      return Error{Errc::kOverloaded, "the disk is nearly full; try again later", {}};
    }
    if (parts_.writer->is_full()) return refusals::is_full();
    return std::nullopt;
  }

  const Clock& clock_;
  const FreeSpace free_space_;
  const Parts parts_;
};

}  // namespace

Result<std::unique_ptr<Store>> make_sqlite_store(SqliteOptions options, const Clock& clock) {
  SqliteStore::Parts parts;
  TRY(parts.lock, lock(options.path));
  TRY(auto connection, sqlite::open_database(options.path));
  TRY(parts.writer,
      Writer::start(std::move(connection), {.most_waiting = options.most_waiting,
                                            .most_waiting_bytes = options.most_waiting_bytes,
                                            .sync_patience = options.start_patience}));
  TRY(parts.readers, Readers::open(options.path, kReaders));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(options, clock, std::move(parts)));
}

}  // namespace engine
