#pragma once

#include <string>
#include <vector>

#include "store/postgres_connection.h"
#include "store/store.h"

// The statements that only read. Errors as in postgres_rows.h.
namespace engine::postgres {

Result<SubmissionId> find_repeated(Connection& db, const OwnerId& owner, const IdempotencyKey& key);
Result<Record> find(Connection& db, const SubmissionId& id);
Result<Submission> load(Connection& db, const SubmissionId& id);
Result<std::string> object(Connection& db, const SubmissionId& id, int attempt,
                           const std::string& name);
Result<std::vector<Unfinished>> unfinished(Connection& db, const SubmissionId& after, int limit);
Result<std::vector<Debt>> owed(Connection& db, const SubmissionId& after, int limit);
Result<Store::Counts> counts(Connection& db);
Result<std::vector<WorkerNotice>> workers(Connection& db, Milliseconds within);

}  // namespace engine::postgres
