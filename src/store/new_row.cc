#include "store/new_row.h"

#include "store/codec.h"

namespace engine {
namespace {

// What the small row and the indexes take up beside the texts, about.
constexpr std::int64_t kRowBytes = 300;

}  // namespace

std::int64_t to_number(WallTime time) {
  return std::chrono::floor<Microseconds>(time).time_since_epoch().count();
}

WallTime to_time(std::int64_t number) {
  return WallTime{} + Microseconds{number};
}

NewRow new_row(const Submission& submission, std::optional<IdempotencyKey> key, WallTime now) {
  std::vector<std::string> test_names;
  test_names.reserve(submission.tests.size());
  for (const Test& test : submission.tests)
    test_names.push_back(test.name);
  NewRow row{.id = submission.id,
             .owner = submission.owner,
             .language = submission.language,
             .priority = submission.priority,
             .created_at = now,
             .due = now + submission.delay,
             .test_names = encode(test_names),
             .request = encode(submission),
             .key = std::move(key)};
  row.bytes = kRowBytes + static_cast<std::int64_t>(row.request.size() + row.test_names.size());
  return row;
}

NewOutcome new_outcome(const Outcome& outcome, std::vector<Object> objects) {
  NewOutcome made{.body = encode(outcome), .objects = std::move(objects)};
  made.bytes = static_cast<std::int64_t>(made.body.size()) + output_bytes(outcome).count;
  return made;
}

}  // namespace engine
