#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace engine {

// Microseconds since 1970, as times are kept.
std::int64_t to_number(WallTime time);
WallTime to_time(std::int64_t number);

// A submission as it goes into the tables, made before it is a writer's turn.
struct NewRow {
  SubmissionId id;
  OwnerId owner;
  std::string language;
  int priority = 0;
  WallTime created_at;
  WallTime due;
  std::string test_names;  // JSON
  std::string request;     // JSON
  std::int64_t bytes = 0;  // What it takes up, about.
  std::optional<IdempotencyKey> key;
};
NewRow new_row(const Submission& submission, std::optional<IdempotencyKey> key, WallTime now);

// An outcome likewise.
struct NewOutcome {
  std::string body;        // JSON
  std::int64_t bytes = 0;  // It and its outputs, wherever they are.
  std::vector<Object> objects;
};
NewOutcome new_outcome(const Outcome& outcome, std::vector<Object> objects);

}  // namespace engine
