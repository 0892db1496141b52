#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "store/new_row.h"
#include "store/sqlite_connection.h"
#include "store/store.h"

namespace engine::sqlite {

// The statements that change the tables, each a part of the caller's transaction. Errors are those
// of Store; one that comes from the database shows in the connection's fault() too.
class Rows {
 public:
  explicit Rows(Connection& connection) : db_(connection) {}

  Status load_totals();  // Once, before anything else.

  Result<Store::Inserted> insert(const NewRow& row);
  Result<Record> start(const SubmissionId& id, WallTime now);
  Status finish(const SubmissionId& id, int attempt, const NewOutcome& outcome, WallTime now);
  Status give_back(const SubmissionId& id, int attempt);
  Status cancel(const SubmissionId& id, WallTime now);
  Result<std::vector<SubmissionId>> expire(WallTime before, Bytes keep, int limit);
  Status paid(const std::vector<Debt>& debts);

  Status announce(const WorkerNotice& worker, WallTime now);
  Status retire(const std::string& worker);

  // To be called before the transaction is committed, and once it is known how that went.
  Status save_totals();
  void committed() { saved_ = totals_; }
  void rolled_back() { totals_ = saved_; }

  const Store::Counts& totals() const { return saved_; }

  // True once after rows were removed: the file may have pages to give back.
  bool take_removed() { return std::exchange(removed_, false); }

 private:
  struct Current {
    std::int64_t sequence = 0;
    State state = State::kQueued;
    int attempt = 0;
  };
  Result<Current> current(const SubmissionId& id);
  Result<Current> running_attempt(const SubmissionId& id, int attempt);
  Result<std::optional<Store::Inserted>> known_key(const NewRow& row);
  Status set_state(const Current& current, State state, std::optional<std::int64_t> finished_at,
                   std::int64_t more_bytes);
  Status erase(std::int64_t sequence);
  void count(State state, int change);

  Connection& db_;
  Store::Counts totals_;
  Store::Counts saved_;
  bool removed_ = false;
  Statement load_totals_{db_, "SELECT queued, running, bytes FROM totals"};
  Statement save_totals_{db_, "UPDATE totals SET queued = ?, running = ?, bytes = ?"};
  Statement find_key_{db_,
                      "SELECT id, digest FROM submissions "
                      "WHERE owner = ? AND idempotency_key = ?"};
  Statement insert_{db_,
                    "INSERT INTO submissions (id, owner, idempotency_key, digest, language, state,"
                    " attempt, priority, test_names, created_at, due, bytes)"
                    " VALUES (?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (id) DO NOTHING"};
  Statement insert_request_{db_, "INSERT INTO requests (sequence, body) VALUES (?, ?)"};
  Statement insert_outcome_{db_, "INSERT INTO outcomes (sequence, body) VALUES (?, ?)"};
  Statement insert_object_{db_, "INSERT INTO objects (sequence, name, bytes) VALUES (?, ?, ?)"};
  Statement current_{db_, "SELECT sequence, state, attempt FROM submissions WHERE id = ?"};
  Statement start_{db_,
                   "UPDATE submissions SET state = 'running', attempt = ?, started_at = ?"
                   " WHERE sequence = ?"
                   " RETURNING owner, language, priority, test_names, created_at"};
  Statement set_state_{db_,
                       "UPDATE submissions SET state = ?, finished_at = ?, bytes = bytes + ?"
                       " WHERE sequence = ?"};
  Statement oldest_over_{db_,
                         "SELECT sequence, id, finished_at, bytes FROM submissions"
                         " INDEXED BY over WHERE finished_at IS NOT NULL"
                         " ORDER BY finished_at LIMIT ?"};
  Statement erase_{db_, "DELETE FROM submissions WHERE sequence = ?"};
  Statement erase_request_{db_, "DELETE FROM requests WHERE sequence = ?"};
  Statement erase_outcome_{db_, "DELETE FROM outcomes WHERE sequence = ?"};
  Statement erase_objects_{db_, "DELETE FROM objects WHERE sequence = ?"};
  Statement owe_{db_, "INSERT OR REPLACE INTO owed (id) VALUES (?)"};
  Statement paid_{db_, "DELETE FROM owed WHERE number = ?"};
  Statement announce_{db_,
                      "INSERT INTO workers (id, host, slots, languages, heard_at)"
                      " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET host = excluded.host,"
                      " slots = excluded.slots, languages = excluded.languages,"
                      " heard_at = excluded.heard_at"};
  Statement forget_workers_{db_, "DELETE FROM workers WHERE heard_at < ?"};
  Statement retire_{db_, "DELETE FROM workers WHERE id = ?"};
};

}  // namespace engine::sqlite
