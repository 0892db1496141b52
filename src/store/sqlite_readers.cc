#include "store/sqlite_readers.h"

#include "store/codec.h"
#include "store/new_row.h"
#include "store/refusals.h"

namespace engine::sqlite {
namespace {

Result<State> state_of(std::string_view word) {
  if (const auto state = state_from(word)) return *state;
  return refusals::unknown_state();
}

std::optional<WallTime> time_at(const Query& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return to_time(query.integer(column));
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path) {
  TRY(auto connection, Connection::open(path, Connection::Access::kRead));
  CHECK_OK(connection->run("PRAGMA cache_size = -4096"));
  return std::unique_ptr<Reader>(new Reader(std::move(connection)));
}

Result<SubmissionId> Reader::find_repeated(const OwnerId& owner, const IdempotencyKey& key) {
  Query query(repeated_, owner.text, key.key);
  TRY(const bool found, query.next());
  if (!found) return refusals::not_found();
  if (query.text(1) != key.digest) return refusals::key_was_used();
  return SubmissionId{std::string(query.text(0))};
}

Result<Record> Reader::find(const SubmissionId& id) {
  Query query(find_, id.text);
  TRY(const bool found, query.next());
  if (!found) return refusals::not_found();
  TRY(const State state, state_of(query.text(2)));
  TRY(auto test_names, decode_words(query.text(5)));
  Record record{.id = id,
                .owner = {std::string(query.text(0))},
                .language = std::string(query.text(1)),
                .state = state,
                .attempt = query.small(3),
                .priority = query.small(4),
                .test_names = std::move(test_names),
                .created_at = to_time(query.integer(6)),
                .started_at = time_at(query, 7),
                .finished_at = time_at(query, 8)};
  if (!query.is_null(9)) {
    TRY(record.outcome, decode_outcome(query.text(9)));
  }
  return record;
}

Result<Submission> Reader::load(const SubmissionId& id) {
  Query query(load_, id.text);
  TRY(const bool found, query.next());
  if (!found) return refusals::not_found();
  return decode_submission(query.text(0));
}

Result<std::string> Reader::object(const SubmissionId& id, int attempt, const std::string& name) {
  Query query(object_, id.text, attempt, name);
  TRY(const bool found, query.next());
  if (!found) return refusals::no_such_output();
  return std::string(query.text(0));
}

Result<std::vector<Unfinished>> Reader::unfinished(const SubmissionId& after, int limit) {
  std::int64_t position = 0;
  if (!after.text.empty()) {
    TRY(position, position_of(after));
  }
  std::vector<Unfinished> found;
  Query query(unfinished_, position, limit);
  for (;;) {
    TRY(const bool more, query.next());
    if (!more) return found;
    TRY(const State state, state_of(query.text(1)));
    found.push_back({.id = {std::string(query.text(0))},
                     .state = state,
                     .attempt = query.small(2),
                     .priority = query.small(3),
                     .due = to_time(query.integer(4))});
  }
}

Result<std::vector<Debt>> Reader::owed(const SubmissionId& after, int limit) {
  std::vector<Debt> found;
  Query query(owed_, after.text, limit);
  for (;;) {
    TRY(const bool more, query.next());
    if (!more) return found;
    found.push_back({.id = {std::string(query.text(0))}, .number = query.integer(1)});
  }
}

Result<std::vector<WorkerNotice>> Reader::workers(WallTime since) {
  std::vector<WorkerNotice> found;
  Query query(workers_, to_number(since));
  for (;;) {
    TRY(const bool more, query.next());
    if (!more) return found;
    TRY(auto languages, decode_languages(query.text(3)));
    found.push_back({.id = std::string(query.text(0)),
                     .host = std::string(query.text(1)),
                     .slots = query.small(2),
                     .languages = std::move(languages)});
  }
}

Result<std::int64_t> Reader::position_of(const SubmissionId& id) {
  Query query(position_, id.text);
  TRY(const bool found, query.next());
  if (!found) return refusals::not_found();
  return query.integer(0);
}

Result<std::unique_ptr<Readers>> Readers::open(const std::string& path, int count) {
  auto readers = std::make_unique<Readers>();
  for (int i = 0; i < count; ++i) {
    TRY(auto reader, Reader::open(path));
    readers->free_.push_back(std::move(reader));
  }
  return readers;
}

std::unique_ptr<Reader> Readers::borrow() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !free_.empty(); });
  auto reader = std::move(free_.back());
  free_.pop_back();
  return reader;
}

void Readers::give_back(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(reader));
  returned_.notify_one();
}

}  // namespace engine::sqlite
