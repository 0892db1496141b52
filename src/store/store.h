#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/object.h"
#include "domain/outcome.h"
#include "domain/submission.h"
#include "domain/worker.h"

namespace engine {

// All that is known of a submission but its sources and inputs.
struct Record {
  SubmissionId id;
  OwnerId owner;
  std::string language;
  State state = State::kQueued;
  int attempt = 0;  // 0: nothing has been tried yet.
  int priority = 0;
  std::vector<std::string> test_names;
  WallTime created_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::optional<Outcome> outcome;  // Once finished.

  bool operator==(const Record&) const = default;
};

// The same key and digest give the same submission; the same key with another digest is refused.
struct IdempotencyKey {
  std::string key;     // The client's; unique per owner.
  std::string digest;  // Of the request's body.
};

// What the reconciler needs of a submission that is not over.
struct Unfinished {
  SubmissionId id;
  State state = State::kQueued;
  int attempt = 0;
  int priority = 0;
  WallTime due;  // created_at and the delay.
};

// Outputs of this submission may be there that nobody wants.
struct Debt {
  SubmissionId id;
  std::int64_t number = 0;  // Another one each time that it is owed anew.

  bool operator==(const Debt&) const = default;
};

// The truth about every submission. Each write is durable when it is reported. Calls block; safe
// from any thread. Implementations: sqlite (this process alone), postgres (many processes).
class Store {
 public:
  struct Inserted {
    SubmissionId id;  // The earlier one, where the idempotency key was known.
    bool existed = false;
  };
  // Called on a thread of the store, which must not be held up for longer than a round trip; never
  // from inside insert().
  using OnReadable = std::function<void()>;
  using OnInserted = std::function<void(Result<Inserted>)>;
  using OnFinished = std::function<void(Result<WallTime>)>;  // When, as is now written.

  virtual ~Store() = default;

  // Writes are grouped into one commit, so that a waiting caller costs no thread.
  // kConflict: the key is known with another digest.  kOverloaded: too many writes wait, or the
  // disk is nearly full.  kUnavailable: it was not written, or nobody knows; ask again.
  // `on_readable`, if any, is called before `on_inserted` of a submission that is new: the others
  // can read it, and begin with it, while the disk still works on it.
  virtual void insert(Submission submission, std::optional<IdempotencyKey> key,
                      OnReadable on_readable, OnInserted on_inserted) = 0;

  // The submission that came with this key before, without writing anything: insert() refuses
  // repeats too when it is full. kNotFound: none.  kConflict: the key is known with another digest.
  virtual Result<SubmissionId> find_repeated(const OwnerId& owner, const IdempotencyKey& key) = 0;

  // kNotFound: there is no such submission, or no longer.
  virtual Result<Record> find(const SubmissionId& id) = 0;
  virtual Result<Submission> load(const SubmissionId& id) = 0;

  // Counts an attempt, before anything runs, and makes the submission kRunning; returns it as it is
  // then, with the attempt's number, from 1. kConflict: it is finished or cancelled; acknowledge
  // without a run. When it is reported it outlives this process, and the host's end a moment later.
  virtual Result<Record> start(const SubmissionId& id) = 0;

  // Ends the submission, and keeps `objects` with it: what its attempt put out, as far as that is
  // small, lives and dies with the row and costs no sync of its own.
  // kConflict: it is over already, or a later attempt has begun; drop yours.
  virtual void finish(const SubmissionId& id, int attempt, Outcome outcome,
                      std::vector<Object> objects, OnFinished on_finished) = 0;

  // The bytes of one of those objects. kNotFound: the attempt that ended it kept none of that name.
  virtual Result<std::string> object(const SubmissionId& id, int attempt,
                                     const std::string& name) = 0;

  // Running -> queued, when the host lost the attempt. kConflict as for finish().
  virtual Status give_back(const SubmissionId& id, int attempt) = 0;

  // Queued or running -> cancelled. kConflict: it is over already.
  virtual Status cancel(const SubmissionId& id) = 0;

  // Up to `limit` submissions that are not over, in the order of their acceptance, after the given
  // id; empty id: from the beginning. kNotFound: `after` was removed meanwhile; begin anew.
  virtual Result<std::vector<Unfinished>> unfinished(const SubmissionId& after, int limit) = 0;

  // Removes up to `limit` finished or cancelled submissions, oldest end first: those that ended
  // before `before`, and more while the rows and outputs hold more than `keep` bytes together.
  // Returns the removed ids. Their outputs are the caller's to remove, and owed until paid().
  virtual Result<std::vector<SubmissionId>> expire(WallTime before, Bytes keep, int limit) = 0;

  // Up to `limit` debts, which no end of a process forgets: of removed submissions, and of those
  // that ended with attempts before the one that counts, or were cancelled after one had begun. In
  // the order of their ids, after the given one; empty id: from the beginning.
  virtual Result<std::vector<Debt>> owed(const SubmissionId& after, int limit) = 0;

  // Those outputs are gone. What has come to be owed anew since it was read stays owed.
  virtual Status paid(const std::vector<Debt>& debts) = 0;

  struct Counts {
    std::int64_t queued = 0;
    std::int64_t running = 0;
    Bytes stored;  // Rows and outputs of everything that is kept, as expire() counts them.
  };
  virtual Result<Counts> counts() = 0;

  // This worker lives; to be repeated well within the time that workers() is asked with. Forgets
  // those that have not been heard of for kForgottenAfter.
  virtual Status announce(const WorkerNotice& worker) = 0;
  virtual Status retire(const std::string& worker) = 0;  // No matter whether it was known.

  // Those heard of within that time, by the order of their ids.
  virtual Result<std::vector<WorkerNotice>> workers(Milliseconds within) = 0;
  static constexpr std::chrono::hours kForgottenAfter{1};

  // True: this process is the one that has the duty, until it closes the store or loses its
  // session; so ask again before each piece of work.
  virtual Result<bool> lead(const std::string& duty) = 0;

  // One sentence when it cannot take work now, for /readyz.
  virtual std::optional<std::string> problem() const = 0;
};

struct SqliteOptions {
  std::string path;                    // The database file; its directory exists.
  std::size_t most_waiting = 100'000;  // Writes that wait for their commit; then kOverloaded.
  Bytes most_waiting_bytes = 256_MiB;  // What those hold in memory; likewise.
  Bytes free_space_floor = 256_MiB;    // Free space of the disk below which insert() refuses.
  Milliseconds start_patience{10};     // A start() waits so long for a sync that comes anyway.
};
// Opens or makes the database and brings its schema up to date. `clock` outlives it.
Result<std::unique_ptr<Store>> make_sqlite_store(SqliteOptions options, const Clock& clock);

struct PostgresOptions {
  std::string url;  // "postgres://user:password@host:port/database?sslmode=...", as libpq takes it.
  int connections = 8;                     // At most, for this process; its duties take one more.
  Milliseconds connect_timeout{5'000};     // To have a connection, from its beginning to its end.
  Milliseconds statement_timeout{10'000};  // Of the server for one statement; then kUnavailable.
  std::size_t most_waiting = 100'000;      // Writes that are not reported yet; then kOverloaded.
  Bytes most_waiting_bytes = 256_MiB;      // What those hold in memory; likewise.
};
// Connects to a PostgreSQL of version 15 or later and brings the schema up to date; many processes
// may do so at once and share the database. `clock` outlives it. Strings of a submission that are
// kept as text (id, owner, language, idempotency key) are UTF-8 without NUL; else kInvalid.
// kUnavailable: the server cannot be reached.  kInvalid: the URL, the user, the database or its
// version is not as it must be.  No error says the password.
Result<std::unique_ptr<Store>> make_postgres_store(PostgresOptions options, const Clock& clock);

}  // namespace engine
