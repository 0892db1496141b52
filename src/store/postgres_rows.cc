#include "store/postgres_rows.h"

#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "store/codec.h"
#include "store/postgres_locks.h"
#include "store/postgres_reads.h"
#include "store/refusals.h"

namespace engine::postgres {
namespace {

using Of = Array::Of;

// Keyed rows are inserted in the order of their keys, so that two processes with the same keys
// cannot wait for each other in a circle; they are numbered before that, in the order they came.
constexpr Statement kInsert{
    "insert",
    "WITH given AS MATERIALIZED ("
    "  SELECT *, nextval('submission_sequence') AS sequence"
    "  FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::integer[],"
    "              $7::jsonb[], $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bytea[])"
    "    AS given (id, owner, idempotency_key, digest, language, priority,"
    "              test_names, created_at, due, bytes, request))"
    "INSERT INTO submissions (id, sequence, owner, idempotency_key, digest, language, priority,"
    "                         test_names, created_at, due, bytes, request) "
    "SELECT id, sequence, owner, idempotency_key, digest, language, priority,"
    "       test_names, created_at, due, bytes, request "
    "FROM given ORDER BY owner COLLATE \"C\", idempotency_key COLLATE \"C\", sequence "
    "ON CONFLICT DO NOTHING RETURNING id"};

constexpr Statement kWhyNotInserted{
    "why_not_inserted",
    "SELECT given.n, known.id, known.digest,"
    "       EXISTS (SELECT FROM submissions WHERE id = given.id) "
    "FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY"
    "  AS given (id, owner, idempotency_key, n) "
    "LEFT JOIN submissions AS known"
    "  ON known.owner = given.owner AND known.idempotency_key = given.idempotency_key"};

// Rows, debts as well, are locked in the order of their ids, for the same reason.
constexpr Statement kFinish{
    "finish",
    "WITH given AS MATERIALIZED ("
    "  SELECT * FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::jsonb[],"
    "                       $5::bigint[])"
    "    AS given (id, attempt, finished_at, outcome, bytes)"
    "), mine AS MATERIALIZED ("
    "  SELECT given.* FROM given JOIN submissions USING (id, attempt)"
    "  WHERE state = 'running' ORDER BY id FOR UPDATE OF submissions"
    "), finished AS ("
    "  UPDATE submissions SET state = 'finished', finished_at = mine.finished_at,"
    "                         outcome = mine.outcome, bytes = submissions.bytes + mine.bytes"
    "  FROM mine WHERE submissions.id = mine.id"
    "  RETURNING submissions.id, sequence, submissions.attempt"
    "), debt AS ("
    "  INSERT INTO owed (id) SELECT id FROM finished WHERE attempt > 1 ORDER BY id"
    "  ON CONFLICT (id) DO UPDATE SET number = excluded.number"
    "), kept AS ("
    "  INSERT INTO objects (sequence, name, bytes)"
    "  SELECT sequence, name, object.bytes"
    "  FROM unnest($6::text[], $7::text[], $8::bytea[]) AS object (id, name, bytes)"
    "  JOIN finished USING (id)"
    ") SELECT id FROM finished"};

constexpr Statement kCurrent{
    "current",
    "SELECT id, state, attempt, started_at, finished_at FROM submissions WHERE id = ANY ($1)"};

constexpr Statement kStart{"start",
                           "UPDATE submissions SET state = 'running', attempt = attempt + 1,"
                           " started_at = $2 WHERE id = $1 AND state IN ('queued', 'running')"
                           " RETURNING attempt, owner, language, priority, test_names, created_at"};

constexpr Statement kGiveBack{"give_back",
                              "UPDATE submissions SET state = 'queued'"
                              " WHERE id = $1 AND state = 'running' AND attempt = $2 RETURNING 1"};

constexpr Statement kCancel{"cancel",
                            "WITH cancelled AS ("
                            "  UPDATE submissions SET state = 'cancelled', finished_at = $2"
                            "  WHERE id = $1 AND state IN ('queued', 'running')"
                            "  RETURNING id, attempt"
                            "), debt AS ("
                            "  INSERT INTO owed (id) SELECT id FROM cancelled WHERE attempt > 0"
                            "  ON CONFLICT (id) DO UPDATE SET number = excluded.number"
                            ") SELECT 1 FROM cancelled"};

// Looks at no row that stays, for the index has them by their end; what another process removes
// just now is passed over.
constexpr Statement kExpire{
    "expire",
    "WITH held AS MATERIALIZED (SELECT coalesce(sum(totals.bytes), 0) AS bytes FROM totals"
    "), oldest AS MATERIALIZED ("
    "  SELECT sequence, id, finished_at, bytes FROM submissions"
    "  WHERE finished_at IS NOT NULL AND finished_at <"
    "    CASE WHEN (SELECT bytes FROM held) > $2::bigint THEN 'infinity' ELSE $1::timestamptz END"
    "  ORDER BY finished_at, sequence LIMIT $3::integer FOR UPDATE SKIP LOCKED"
    "), measured AS ("
    "  SELECT *, (SELECT bytes FROM held) + bytes - sum(bytes) OVER"
    "    (ORDER BY finished_at, sequence ROWS UNBOUNDED PRECEDING) AS left_before"
    "  FROM oldest"
    "), chosen AS MATERIALIZED ("
    "  SELECT * FROM measured WHERE finished_at < $1::timestamptz OR left_before > $2::bigint"
    "), removed AS ("
    "  DELETE FROM submissions USING chosen WHERE submissions.id = chosen.id"
    "), removed_objects AS ("
    "  DELETE FROM objects USING chosen WHERE objects.sequence = chosen.sequence"
    "), debt AS ("
    "  INSERT INTO owed (id) SELECT id FROM chosen ORDER BY id"
    "  ON CONFLICT (id) DO UPDATE SET number = excluded.number"
    ") SELECT id FROM chosen ORDER BY finished_at, sequence"};

constexpr Statement kPaid{
    "paid",
    "WITH paid AS MATERIALIZED ("
    "  SELECT id FROM owed JOIN unnest($1::text[], $2::bigint[]) AS paid (id, number)"
    "    USING (id, number) ORDER BY id FOR UPDATE OF owed"
    ") DELETE FROM owed USING paid WHERE owed.id = paid.id"};

constexpr Statement kAnnounce{
    "announce",
    "INSERT INTO workers (id, host, slots, languages, heard_at)"
    " VALUES ($1, $2, $3, $4::text::jsonb, clock_timestamp())"
    " ON CONFLICT (id) DO UPDATE SET host = excluded.host, slots = excluded.slots,"
    " languages = excluded.languages, heard_at = excluded.heard_at"};
constexpr Statement kForgetWorkers{
    "forget_workers",
    "DELETE FROM workers WHERE heard_at < clock_timestamp() - make_interval(secs => $1::bigint)"};
constexpr Statement kRetire{"retire", "DELETE FROM workers WHERE id = $1"};

struct Current {
  State state = State::kQueued;
  int attempt = 0;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
};

Result<std::map<std::string, Current, std::less<>>> current(Connection& db, const Array& ids) {
  TRY(const Rows rows, db.run(kCurrent, Parameters(ids)));
  std::map<std::string, Current, std::less<>> found;
  for (int i = 0; i < rows.count(); ++i) {
    const auto state = state_from(rows.bytes(i, 1));
    if (!state) return refusals::unknown_state();
    found[rows.text(i, 0)] = {.state = *state,
                              .attempt = rows.small(i, 2),
                              .started_at = rows.time_if_any(i, 3),
                              .finished_at = rows.time_if_any(i, 4)};
  }
  return found;
}

Result<Current> current(Connection& db, const SubmissionId& id) {
  Array ids(Of::kText);
  ids.add(id.text);
  TRY(const auto found, current(db, ids));
  if (found.empty()) return refusals::not_found();
  return found.begin()->second;
}

// Times as the database has them.
bool is_at(const std::optional<WallTime>& stored, WallTime now) {
  return stored && to_number(*stored) == to_number(now);
}

Error why_not(const Current& row) {
  return is_final(row.state) ? refusals::is_over() : refusals::superseded();
}

// A group by its columns, as kInsert and kWhyNotInserted take them.
struct Submissions {
  explicit Submissions(std::span<const NewRow* const> group) {
    for (const NewRow* row : group)
      add(*row);
  }
  void add(const NewRow& row) {
    id.add(row.id.text);
    owner.add(row.owner.text);
    key.add(row.key ? std::optional<std::string_view>(row.key->key) : std::nullopt);
    digest.add(row.key ? std::optional<std::string_view>(row.key->digest) : std::nullopt);
    language.add(row.language);
    priority.add(row.priority);
    test_names.add(row.test_names);
    created_at.add(row.created_at);
    due.add(row.due);
    bytes.add(row.bytes);
    request.add(row.request);
  }
  Parameters all() const {
    return Parameters(id, owner, key, digest, language, priority, test_names, created_at, due,
                      bytes, request);
  }
  Array id{Of::kText}, owner{Of::kText}, key{Of::kText}, digest{Of::kBytea}, language{Of::kText},
      priority{Of::kInteger}, test_names{Of::kJson}, created_at{Of::kTime}, due{Of::kTime},
      bytes{Of::kBigint}, request{Of::kBytea};
};

Result<Store::Inserted> why_not_inserted(const NewRow& row, const Rows& rows, int at) {
  if (!rows.is_null(at, 1)) {
    if (rows.bytes(at, 2) != row.key->digest) return refusals::key_was_used();
    return Store::Inserted{.id = {rows.text(at, 1)}, .existed = true};
  }
  if (rows.boolean(at, 3)) return refusals::id_is_taken();
  return Error{Errc::kUnavailable,
               "the submission with this idempotency key was just removed; ask again",
               {}};
}

}  // namespace

Result<std::vector<Result<Store::Inserted>>> insert(Connection& db,
                                                    std::span<const NewRow* const> group) {
  TRY(const Rows inserted, db.run(kInsert, Submissions(group).all()));
  std::map<std::string_view, std::size_t> left;
  for (std::size_t i = 0; i < group.size(); ++i)
    left[group[i]->id.text] = i;
  for (int i = 0; i < inserted.count(); ++i)
    left.erase(inserted.bytes(i, 0));
  std::vector<Result<Store::Inserted>> results;
  for (const NewRow* row : group)
    results.emplace_back(Store::Inserted{.id = row->id});
  if (left.empty()) return results;

  std::vector<const NewRow*> asked;
  asked.reserve(left.size());
  for (const auto& [id, index] : left)
    asked.push_back(group[index]);
  const Submissions missing(asked);
  TRY(const Rows rows, db.run(kWhyNotInserted, Parameters(missing.id, missing.owner, missing.key)));
  for (int i = 0; i < rows.count(); ++i) {
    const NewRow& row = *asked[static_cast<std::size_t>(rows.integer(i, 0)) - 1];
    results[left[row.id.text]] = why_not_inserted(row, rows, i);
  }
  return results;
}

Result<std::vector<Result<WallTime>>> finish(Connection& db, std::span<const Ending* const> group,
                                             bool again) {
  Array id{Of::kText}, attempt{Of::kInteger}, now{Of::kTime}, outcome{Of::kJson},
      bytes{Of::kBigint};
  Array object_of{Of::kText}, object_name{Of::kText}, object_bytes{Of::kBytea};
  for (const Ending* ending : group) {
    id.add(ending->id.text);
    attempt.add(ending->attempt);
    now.add(ending->now);
    outcome.add(ending->outcome.body);
    bytes.add(ending->outcome.bytes);
    for (const Object& object : ending->outcome.objects) {
      object_of.add(ending->id.text);
      object_name.add(object.name);
      object_bytes.add(object.bytes);
    }
  }
  TRY(const Rows rows, db.run(kFinish, Parameters(id, attempt, now, outcome, bytes, object_of,
                                                  object_name, object_bytes)));
  std::vector<Result<WallTime>> results;
  for (const Ending* ending : group)
    results.emplace_back(ending->now);
  if (static_cast<std::size_t>(rows.count()) == group.size()) return results;

  std::map<std::string_view, std::size_t> left;
  for (std::size_t i = 0; i < group.size(); ++i)
    left[group[i]->id.text] = i;
  for (int i = 0; i < rows.count(); ++i)
    left.erase(rows.bytes(i, 0));
  TRY(const auto found, current(db, id));
  for (const auto& [missing, index] : left) {
    const Ending& ending = *group[index];
    const auto row = found.find(missing);
    if (row == found.end()) {
      results[index] = refusals::not_found();
      continue;
    }
    const bool ours = again && row->second.state == State::kFinished &&
                      row->second.attempt == ending.attempt &&
                      is_at(row->second.finished_at, ending.now);
    if (!ours) results[index] = why_not(row->second);
  }
  return results;
}

Result<Record> start(Connection& db, const SubmissionId& id, WallTime now, bool again) {
  if (again) {
    TRY(auto record, find(db, id));
    if (record.state == State::kRunning && is_at(record.started_at, now)) return record;
  }
  TRY(const Rows rows, db.run(kStart, Parameters(id.text, now)));
  if (rows.count() == 0) {
    TRY(const Current row, current(db, id));
    return why_not(row);
  }
  TRY(auto test_names, decode_words(rows.json(0, 4)));
  return Record{.id = id,
                .owner = {rows.text(0, 1)},
                .language = rows.text(0, 2),
                .state = State::kRunning,
                .attempt = rows.small(0, 0),
                .priority = rows.small(0, 3),
                .test_names = std::move(test_names),
                .created_at = rows.time(0, 5),
                .started_at = to_time(to_number(now))};
}

Status give_back(Connection& db, const SubmissionId& id, int attempt, bool again) {
  TRY(const Rows rows, db.run(kGiveBack, Parameters(id.text, attempt)));
  if (rows.count() > 0) return Ok{};
  TRY(const Current row, current(db, id));
  if (again && row.state == State::kQueued && row.attempt == attempt) return Ok{};
  return why_not(row);
}

Status cancel(Connection& db, const SubmissionId& id, WallTime now, bool again) {
  TRY(const Rows rows, db.run(kCancel, Parameters(id.text, now)));
  if (rows.count() > 0) return Ok{};
  TRY(const Current row, current(db, id));
  if (again && row.state == State::kCancelled && is_at(row.finished_at, now)) return Ok{};
  return why_not(row);
}

Result<std::vector<SubmissionId>> expire(Connection& db, WallTime before, Bytes keep, int limit) {
  const Parameters lock(kLocks, kRetentionLock);
  TRY(const Rows locked, db.run(kTryLock, lock));
  const bool alone = locked.boolean(0, 0);
  const std::int64_t most = alone ? keep.count : std::numeric_limits<std::int64_t>::max();
  const auto rows = db.run(kExpire, Parameters(before, most, limit));
  if (alone && !db.is_lost()) {
    TRY(const Rows ignored, db.run(kUnlock, lock));
    std::ignore = ignored;
  }
  if (!rows) return rows.error();
  std::vector<SubmissionId> ids;
  ids.reserve(static_cast<std::size_t>(rows->count()));
  for (int i = 0; i < rows->count(); ++i)
    ids.push_back({rows->text(i, 0)});
  return ids;
}

Status paid(Connection& db, const std::vector<Debt>& debts) {
  Array id(Of::kText);
  Array number(Of::kBigint);
  for (const Debt& debt : debts) {
    id.add(debt.id.text);
    number.add(debt.number);
  }
  TRY(const Rows ignored, db.run(kPaid, Parameters(id, number)));
  std::ignore = ignored;
  return Ok{};
}

Status announce(Connection& db, const WorkerNotice& worker) {
  TRY(Rows ignored, db.run(kAnnounce, Parameters(worker.id, worker.host, worker.slots,
                                                 encode(worker.languages))));
  const auto seconds = std::chrono::seconds(Store::kForgottenAfter).count();
  TRY(ignored, db.run(kForgetWorkers, Parameters(std::int64_t{seconds})));
  return Ok{};
}

Status retire(Connection& db, const std::string& worker) {
  TRY(const Rows ignored, db.run(kRetire, Parameters(worker)));
  std::ignore = ignored;
  return Ok{};
}

}  // namespace engine::postgres
