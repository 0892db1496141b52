#pragma once

#include "base/result.h"

// What every store answers in the same words.
namespace engine::refusals {

inline Error not_found() {
  return {Errc::kNotFound, "there is no such submission", {}};
}
inline Error no_such_output() {
  return {Errc::kNotFound, "there is no such output", {}};
}
inline Error is_over() {
  return {Errc::kConflict, "the submission is over already", {}};
}
inline Error superseded() {
  return {Errc::kConflict, "another attempt has taken the place of this one", {}};
}
inline Error id_is_taken() {
  return {Errc::kConflict, "a submission of this id exists", {}};
}
inline Error key_was_used() {
  return {Errc::kConflict, "the idempotency key was used for another request", {}};
}
inline Error is_full() {
  return {Errc::kOverloaded, "too many submissions wait to be stored; try again", {}};
}
inline Error unknown_state() {
  return {Errc::kInternal, "a stored submission has no known state", {}};
}

}  // namespace engine::refusals
