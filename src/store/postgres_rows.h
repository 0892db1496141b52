#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/new_row.h"
#include "store/postgres_connection.h"
#include "store/store.h"

// The statements that change the tables. Each is one SQL statement, and so one transaction, unless
// it says otherwise. Errors are those of Store, or the connection's, where fault() is set.
//
// `again`: the connection was lost while the same was asked before, so it may have been done. Then
// what looks like our own work, by attempt and time, is taken for it.
namespace engine::postgres {

// One end of a submission, as it goes into the tables.
struct Ending {
  SubmissionId id;
  int attempt = 0;
  WallTime now;
  NewOutcome outcome;
};

// A group of submissions, each with another id, and what became of each. A second statement asks
// about those that were not inserted. The order of the group is that of their acceptance.
Result<std::vector<Result<Store::Inserted>>> insert(Connection& db,
                                                    std::span<const NewRow* const> group);

// A group of endings, likewise.
Result<std::vector<Result<WallTime>>> finish(Connection& db, std::span<const Ending* const> group,
                                             bool again);

Result<Record> start(Connection& db, const SubmissionId& id, WallTime now, bool again);
Status give_back(Connection& db, const SubmissionId& id, int attempt, bool again);
Status cancel(Connection& db, const SubmissionId& id, WallTime now, bool again);

// Takes and lets go of a lock around its statement, so that only one process removes for the sake
// of the size; the others remove what is old.
Result<std::vector<SubmissionId>> expire(Connection& db, WallTime before, Bytes keep, int limit);
Status paid(Connection& db, const std::vector<Debt>& debts);

Status announce(Connection& db, const WorkerNotice& worker);
Status retire(Connection& db, const std::string& worker);

}  // namespace engine::postgres
