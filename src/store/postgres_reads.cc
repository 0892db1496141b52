#include "store/postgres_reads.h"

#include "store/codec.h"
#include "store/refusals.h"

namespace engine::postgres {
namespace {

constexpr Statement kRepeated{
    "repeated", "SELECT id, digest FROM submissions WHERE owner = $1 AND idempotency_key = $2"};
constexpr Statement kFind{"find",
                          "SELECT owner, language, state, attempt, priority, test_names,"
                          " created_at, started_at, finished_at, outcome"
                          " FROM submissions WHERE id = $1"};
constexpr Statement kLoad{"load", "SELECT request FROM submissions WHERE id = $1"};
constexpr Statement kObject{"object",
                            "SELECT objects.bytes FROM submissions JOIN objects USING (sequence)"
                            " WHERE id = $1 AND attempt = $2 AND name = $3"};
constexpr Statement kPosition{"position", "SELECT sequence FROM submissions WHERE id = $1"};
constexpr Statement kUnfinished{"unfinished",
                                "SELECT id, state, attempt, priority, due FROM submissions"
                                " WHERE finished_at IS NULL AND sequence > $1"
                                " ORDER BY sequence LIMIT $2::integer"};
constexpr Statement kOwed{
    "owed", "SELECT id, number FROM owed WHERE id > $1 ORDER BY id LIMIT $2::integer"};
constexpr Statement kCounts{
    "counts", "SELECT sum(queued)::bigint, sum(running)::bigint, sum(bytes)::bigint FROM totals"};
constexpr Statement kWorkers{"workers",
                             "SELECT id, host, slots, languages FROM workers"
                             " WHERE heard_at >= clock_timestamp()"
                             " - $1::bigint * interval '1 millisecond' ORDER BY id"};

Result<State> state_of(std::string_view word) {
  if (const auto state = state_from(word)) return *state;
  return refusals::unknown_state();
}

}  // namespace

Result<SubmissionId> find_repeated(Connection& db, const OwnerId& owner,
                                   const IdempotencyKey& key) {
  TRY(const Rows rows, db.run(kRepeated, Parameters(owner.text, key.key)));
  if (rows.count() == 0) return refusals::not_found();
  if (rows.bytes(0, 1) != key.digest) return refusals::key_was_used();
  return SubmissionId{rows.text(0, 0)};
}

Result<Record> find(Connection& db, const SubmissionId& id) {
  TRY(const Rows rows, db.run(kFind, Parameters(id.text)));
  if (rows.count() == 0) return refusals::not_found();
  TRY(const State state, state_of(rows.bytes(0, 2)));
  TRY(auto test_names, decode_words(rows.json(0, 5)));
  Record record{.id = id,
                .owner = {rows.text(0, 0)},
                .language = rows.text(0, 1),
                .state = state,
                .attempt = rows.small(0, 3),
                .priority = rows.small(0, 4),
                .test_names = std::move(test_names),
                .created_at = rows.time(0, 6),
                .started_at = rows.time_if_any(0, 7),
                .finished_at = rows.time_if_any(0, 8)};
  if (!rows.is_null(0, 9)) {
    TRY(record.outcome, decode_outcome(rows.json(0, 9)));
  }
  return record;
}

Result<Submission> load(Connection& db, const SubmissionId& id) {
  TRY(const Rows rows, db.run(kLoad, Parameters(id.text)));
  if (rows.count() == 0) return refusals::not_found();
  return decode_submission(rows.bytes(0, 0));
}

Result<std::string> object(Connection& db, const SubmissionId& id, int attempt,
                           const std::string& name) {
  TRY(const Rows rows, db.run(kObject, Parameters(id.text, attempt, name)));
  if (rows.count() == 0) return refusals::no_such_output();
  return rows.text(0, 0);
}

Result<std::vector<Unfinished>> unfinished(Connection& db, const SubmissionId& after, int limit) {
  std::int64_t position = 0;
  if (!after.text.empty()) {
    TRY(const Rows rows, db.run(kPosition, Parameters(after.text)));
    if (rows.count() == 0) return refusals::not_found();
    position = rows.integer(0, 0);
  }
  TRY(const Rows rows, db.run(kUnfinished, Parameters(position, limit)));
  std::vector<Unfinished> found;
  for (int i = 0; i < rows.count(); ++i) {
    TRY(const State state, state_of(rows.bytes(i, 1)));
    found.push_back({.id = {rows.text(i, 0)},
                     .state = state,
                     .attempt = rows.small(i, 2),
                     .priority = rows.small(i, 3),
                     .due = rows.time(i, 4)});
  }
  return found;
}

Result<std::vector<Debt>> owed(Connection& db, const SubmissionId& after, int limit) {
  TRY(const Rows rows, db.run(kOwed, Parameters(after.text, limit)));
  std::vector<Debt> found;
  found.reserve(static_cast<std::size_t>(rows.count()));
  for (int i = 0; i < rows.count(); ++i)
    found.push_back({.id = {rows.text(i, 0)}, .number = rows.integer(i, 1)});
  return found;
}

Result<Store::Counts> counts(Connection& db) {
  TRY(const Rows rows, db.run(kCounts));
  return Store::Counts{
      .queued = rows.integer(0, 0), .running = rows.integer(0, 1), .stored = {rows.integer(0, 2)}};
}

Result<std::vector<WorkerNotice>> workers(Connection& db, Milliseconds within) {
  TRY(const Rows rows, db.run(kWorkers, Parameters(std::int64_t{within.count()})));
  std::vector<WorkerNotice> found;
  for (int i = 0; i < rows.count(); ++i) {
    TRY(auto languages, decode_languages(rows.json(i, 3)));
    found.push_back({.id = rows.text(i, 0),
                     .host = rows.text(i, 1),
                     .slots = rows.small(i, 2),
                     .languages = std::move(languages)});
  }
  return found;
}

}  // namespace engine::postgres
