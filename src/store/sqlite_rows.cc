#include "store/sqlite_rows.h"

#include "store/codec.h"
#include "store/refusals.h"

namespace engine::sqlite {
Status Rows::load_totals() {
  Query query(load_totals_);
  TRY(const bool found, query.next());
  if (!found) return Error{Errc::kInternal, "the database has lost its totals", {}};
  totals_ = {.queued = query.integer(0), .running = query.integer(1), .stored = {query.integer(2)}};
  saved_ = totals_;
  return Ok{};
}

Status Rows::save_totals() {
  return Query(save_totals_, totals_.queued, totals_.running, totals_.stored.count).run();
}

Result<Store::Inserted> Rows::insert(const NewRow& row) {
  if (row.key) {
    TRY(auto known, known_key(row));
    if (known) return *std::move(known);
  }
  const std::optional<std::string> key = row.key ? std::optional(row.key->key) : std::nullopt;
  const std::optional<Blob> digest = row.key ? std::optional(Blob{row.key->digest}) : std::nullopt;
  CHECK_OK(Query(insert_, row.id.text, row.owner.text, key, digest, row.language, row.priority,
                 row.test_names, to_number(row.created_at), to_number(row.due), row.bytes)
               .run());
  if (db_.changes() == 0) return refusals::id_is_taken();
  CHECK_OK(Query(insert_request_, db_.latest_row(), row.request).run());
  count(State::kQueued, +1);
  totals_.stored = totals_.stored + Bytes{row.bytes};
  return Store::Inserted{.id = row.id};
}

Result<std::optional<Store::Inserted>> Rows::known_key(const NewRow& row) {
  Query query(find_key_, row.owner.text, row.key->key);
  TRY(const bool found, query.next());
  if (!found) return std::optional<Store::Inserted>{};
  if (query.text(1) != row.key->digest) return refusals::key_was_used();
  return std::optional(Store::Inserted{.id = {std::string(query.text(0))}, .existed = true});
}

Result<Record> Rows::start(const SubmissionId& id, WallTime now) {
  TRY(const Current row, current(id));
  // One that runs was lost with its worker, as the queue gives it to nobody else.
  const State from = row.state == State::kRunning ? State::kQueued : row.state;
  if (!may_become(from, State::kRunning)) return refusals::is_over();
  const int attempt = row.attempt + 1;
  Query query(start_, attempt, to_number(now), row.sequence);
  TRY(const bool found, query.next());
  if (!found) return refusals::not_found();
  TRY(auto test_names, decode_words(query.text(3)));
  count(row.state, -1);
  count(State::kRunning, +1);
  return Record{.id = id,
                .owner = {std::string(query.text(0))},
                .language = std::string(query.text(1)),
                .state = State::kRunning,
                .attempt = attempt,
                .priority = query.small(2),
                .test_names = std::move(test_names),
                .created_at = to_time(query.integer(4)),
                .started_at = to_time(to_number(now))};
}

Status Rows::finish(const SubmissionId& id, int attempt, const NewOutcome& outcome, WallTime now) {
  TRY(const Current row, running_attempt(id, attempt));
  CHECK_OK(set_state(row, State::kFinished, to_number(now), outcome.bytes));
  CHECK_OK(Query(insert_outcome_, row.sequence, outcome.body).run());
  for (const Object& object : outcome.objects)
    CHECK_OK(Query(insert_object_, row.sequence, object.name, Blob{object.bytes}).run());
  return attempt > 1 ? Query(owe_, id.text).run() : Status(Ok{});
}

Status Rows::give_back(const SubmissionId& id, int attempt) {
  TRY(const Current row, running_attempt(id, attempt));
  return set_state(row, State::kQueued, std::nullopt, 0);
}

Status Rows::cancel(const SubmissionId& id, WallTime now) {
  TRY(const Current row, current(id));
  CHECK_OK(set_state(row, State::kCancelled, to_number(now), 0));
  return row.attempt > 0 ? Query(owe_, id.text).run() : Status(Ok{});
}

Result<std::vector<SubmissionId>> Rows::expire(WallTime before, Bytes keep, int limit) {
  struct Over {
    std::int64_t sequence;
    std::int64_t bytes;
  };
  std::vector<Over> found;
  std::vector<SubmissionId> ids;
  Bytes left = totals_.stored;
  {
    Query query(oldest_over_, limit);
    for (;;) {
      TRY(const bool more, query.next());
      if (!more || (query.integer(2) >= to_number(before) && left <= keep)) break;
      found.push_back({.sequence = query.integer(0), .bytes = query.integer(3)});
      ids.push_back({std::string(query.text(1))});
      left = left - Bytes{found.back().bytes};
    }
  }
  for (const Over& over : found) {
    CHECK_OK(erase(over.sequence));
    totals_.stored = totals_.stored - Bytes{over.bytes};
  }
  for (const SubmissionId& id : ids)
    CHECK_OK(Query(owe_, id.text).run());
  removed_ = removed_ || !ids.empty();
  return ids;
}

Status Rows::paid(const std::vector<Debt>& debts) {
  for (const Debt& debt : debts)
    CHECK_OK(Query(paid_, debt.number).run());
  return Ok{};
}

Status Rows::announce(const WorkerNotice& worker, WallTime now) {
  CHECK_OK(Query(announce_, worker.id, worker.host, worker.slots, encode(worker.languages),
                 to_number(now))
               .run());
  return Query(forget_workers_, to_number(now - Store::kForgottenAfter)).run();
}

Status Rows::retire(const std::string& worker) {
  return Query(retire_, worker).run();
}

Result<Rows::Current> Rows::current(const SubmissionId& id) {
  Query query(current_, id.text);
  TRY(const bool found, query.next());
  if (!found) return refusals::not_found();
  const auto state = state_from(query.text(1));
  if (!state) return refusals::unknown_state();
  return Current{.sequence = query.integer(0), .state = *state, .attempt = query.small(2)};
}

Result<Rows::Current> Rows::running_attempt(const SubmissionId& id, int attempt) {
  TRY(const Current row, current(id));
  if (is_final(row.state)) return refusals::is_over();
  if (row.state != State::kRunning || row.attempt != attempt) return refusals::superseded();
  return row;
}

Status Rows::set_state(const Current& current, State state, std::optional<std::int64_t> finished_at,
                       std::int64_t more_bytes) {
  if (!may_become(current.state, state)) return refusals::is_over();
  CHECK_OK(Query(set_state_, to_string(state), finished_at, more_bytes, current.sequence).run());
  count(current.state, -1);
  count(state, +1);
  totals_.stored = totals_.stored + Bytes{more_bytes};
  return Ok{};
}

Status Rows::erase(std::int64_t sequence) {
  for (Statement* statement : {&erase_, &erase_request_, &erase_outcome_, &erase_objects_})
    CHECK_OK(Query(*statement, sequence).run());
  return Ok{};
}

void Rows::count(State state, int change) {
  if (state == State::kQueued) totals_.queued += change;
  if (state == State::kRunning) totals_.running += change;
}

}  // namespace engine::sqlite
