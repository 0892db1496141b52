#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "output/check_objects.h"
#include "output/output.h"
#include "sqlite/connection.h"
#include "sqlite/database.h"

namespace engine {
namespace {

using sqlite::Blob;
using sqlite::Connection;
using sqlite::Fault;
using sqlite::Query;
using sqlite::Statement;

constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS objects("
    "submission TEXT NOT NULL, attempt INTEGER NOT NULL, name TEXT NOT NULL, bytes BLOB NOT NULL, "
    "PRIMARY KEY(submission, attempt, name)) WITHOUT ROWID";

constexpr int kCheckpointFrames = 4'000;  // Pages in the log, 16 MiB, as in the store.

// Pages that removals left free are given back to the disk so many at a time.
constexpr int kRemovalsUntilShrinking = 200;

// The one writing connection with its statements.
class Rows {
 public:
  explicit Rows(std::unique_ptr<Connection> connection) : db_(std::move(connection)) {}

  Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) {
    const std::lock_guard lock(mutex_);
    CHECK_OK(usable());
    Status status = Query(begin_).run();
    if (status) status = Query(drop_, id.text, attempt).run();
    for (const Object& object : objects) {
      if (!status) break;
      status = Query(insert_, id.text, attempt, object.name, Blob{object.bytes}).run();
    }
    if (status) status = Query(commit_).run();
    if (!status && db_->in_transaction()) std::ignore = Query(roll_back_).run();
    if (status && db_->unsaved_frames() >= kCheckpointFrames) note(db_->checkpoint());
    return settled(std::move(status));
  }

  // One of the three removals, each a statement of its own; where nothing is there, nothing is
  // written.
  Status drop(const SubmissionId& id, int attempt) {
    const std::lock_guard lock(mutex_);
    return settled(Query(drop_, id.text, attempt).run());
  }
  Status remove(const SubmissionId& id) {
    const std::lock_guard lock(mutex_);
    shrink();
    return settled(Query(remove_, id.text).run());
  }
  Status keep_only(const SubmissionId& id, int attempt) {
    const std::lock_guard lock(mutex_);
    return settled(Query(keep_only_, id.text, attempt).run());
  }

 private:
  // After a failed sync nobody knows what is on the disk.
  Status usable() const {
    if (!broken_) return Ok{};
    return Error{Errc::kUnavailable, "no output can be kept until the engine is restarted", {}};
  }

  Status settled(Status status) {
    const Fault fault = db_->take_fault();
    if (fault == Fault::kFatal && !std::exchange(broken_, true)) {
      db_->distrust_log();
      log::error("outputs can no longer be kept", {
                                                      {"reason", status.error().message}
      });
    }
    if (status || fault == Fault::kFatal) return status;
    // SQLite does not tell a full disk from others; the store tells the operator about room.
    return Error{Errc::kUnavailable, status.error().message, {}};
  }

  void shrink() {
    if (++removals_ < kRemovalsUntilShrinking) return;
    removals_ = 0;
    note(db_->run("PRAGMA incremental_vacuum(256)"));
  }

  static void note(const Status& tidied) {
    if (tidied) return;
    log::warning("the outputs' database cannot tidy up", {
                                                             {"reason", tidied.error().message}
    });
  }

  std::mutex mutex_;  // Guards the rest.
  std::unique_ptr<Connection> db_;
  Statement begin_{*db_, "BEGIN IMMEDIATE"};
  Statement commit_{*db_, "COMMIT"};
  Statement roll_back_{*db_, "ROLLBACK"};
  Statement insert_{*db_, "INSERT INTO objects VALUES (?, ?, ?, ?)"};
  Statement drop_{*db_, "DELETE FROM objects WHERE submission = ? AND attempt = ?"};
  Statement remove_{*db_, "DELETE FROM objects WHERE submission = ?"};
  Statement keep_only_{*db_, "DELETE FROM objects WHERE submission = ? AND attempt <> ?"};
  bool broken_ = false;
  int removals_ = 0;
};

// A connection of its own, so that a reader does not wait for a sync.
class Reader {
 public:
  explicit Reader(std::unique_ptr<Connection> connection) : db_(std::move(connection)) {}

  Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                          Output::Range range) {
    const std::lock_guard lock(mutex_);
    const auto longest = std::numeric_limits<std::int32_t>::max();
    const std::int64_t length = std::min<std::int64_t>(range.length.value_or(longest), longest);
    Query query(find_, range.offset + 1, length, id.text, attempt, name);  // SQL counts from 1.
    TRY(const bool found, query.next());
    if (!found) return Error{Errc::kNotFound, "there is no such output", {}};
    return std::string(query.text(0));
  }

 private:
  std::mutex mutex_;  // Guards the rest.
  std::unique_ptr<Connection> db_;
  Statement find_{*db_,
                  "SELECT substr(bytes, ?, ?) FROM objects "
                  "WHERE submission = ? AND attempt = ? AND name = ?"};
};

class SmallOutput final : public Output {
 public:
  SmallOutput(std::unique_ptr<Connection> writer, std::unique_ptr<Connection> reader,
              std::unique_ptr<Output> rest, Bytes small)
      : rows_(std::move(writer)),
        reader_(std::move(reader)),
        rest_(std::move(rest)),
        small_(small) {}

  // Whichever of the two an earlier put of this attempt went to, the other holds it no longer.
  Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) override {
    CHECK_OK(check_objects(id, attempt, objects));
    if (size_of(objects) > small_) {
      CHECK_OK(rest_->put(id, attempt, objects));
      return rows_.drop(id, attempt);
    }
    CHECK_OK(rows_.put(id, attempt, objects));
    return rest_->drop(id, attempt);
  }

  Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                          Range range) override {
    CHECK_OK(check_range(range));
    auto bytes = reader_.get(id, attempt, name, range);
    if (bytes || bytes.error().code != Errc::kNotFound) return bytes;
    return rest_->get(id, attempt, name, range);
  }

  Result<std::string> link(const SubmissionId& id, int attempt, std::string_view name,
                           std::chrono::seconds lifetime) override {
    return rest_->link(id, attempt, name, lifetime);
  }

  Status remove(const SubmissionId& id) override {
    CHECK_OK(rest_->remove(id));
    return rows_.remove(id);
  }

  Status keep_only(const SubmissionId& id, int attempt) override {
    CHECK_OK(rest_->keep_only(id, attempt));
    return rows_.keep_only(id, attempt);
  }

  Status drop(const SubmissionId& id, int attempt) override {
    CHECK_OK(rest_->drop(id, attempt));
    return rows_.drop(id, attempt);
  }

 private:
  static Bytes size_of(const std::vector<Object>& objects) {
    Bytes size;
    for (const Object& object : objects)
      size = size + Bytes{static_cast<std::int64_t>(object.bytes.size())};
    return size;
  }

  Rows rows_;
  Reader reader_;
  const std::unique_ptr<Output> rest_;
  const Bytes small_;
};

}  // namespace

Result<std::unique_ptr<Output>> make_small_output(const std::string& path,
                                                  std::unique_ptr<Output> rest, Bytes small) {
  TRY(auto writer, sqlite::open_or_make(path));
  CHECK_OK(writer->run(kSchema));
  TRY(auto reader, Connection::open(path, Connection::Access::kRead));
  return std::unique_ptr<Output>(
      std::make_unique<SmallOutput>(std::move(writer), std::move(reader), std::move(rest), small));
}

}  // namespace engine
