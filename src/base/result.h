#pragma once

#include <string>
#include <utility>
#include <variant>

namespace engine {

// What the caller can do about it, not where it came from.
enum class Errc {
  kInvalid,      // The input is wrong; the same call fails again.     HTTP 400
  kNotFound,     // No such thing, or no longer.                       HTTP 404
  kConflict,     // Another writer got there first.                    HTTP 409
  kOverloaded,   // A stated limit is reached; back off and retry.     HTTP 503
  kUnavailable,  // A peer is down or slow; retry is safe.             HTTP 503
  kInternal,     // A bug or a broken host; log it, page someone.      HTTP 500
  kTooLarge,     // The input passes a stated size.                    HTTP 413
  kPeerFailed,   // A stranger's server answered badly; ours is well.  HTTP 502
};

// One failure, for the caller and for the reader of the log.
struct Error {
  Errc code = Errc::kInternal;
  std::string message;  // One sentence, names the thing ("language 'zig': no compile step").
  std::string field;    // The request's member that is at fault ("limits.cpuTimeMs"); else empty.
};

// A value, or the reason there is none. Members are named as in std::expected.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Holds a kInternal error. Exists because asio::co_spawn default-constructs what it returns.
  Result() : Result(Error{}) {}
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }

  // Throws std::bad_variant_access where there is no value: a bug, never control flow.
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// For calls with nothing to return: `return Ok{};`
struct Ok {};
using Status = Result<Ok>;

}  // namespace engine

#define ENGINE_CAT_(a, b) a##b
#define ENGINE_CAT(a, b) ENGINE_CAT_(a, b)
#define ENGINE_TRY_AS_(tmp, decl, expr, ret) \
  auto tmp = (expr);                         \
  if (!tmp) ret std::move(tmp).error();      \
  decl = *std::move(tmp)

// TRY(auto x, f());    binds the value, or returns the error to our caller.
#define TRY(decl, expr) ENGINE_TRY_AS_(ENGINE_CAT(try_, __LINE__), decl, expr, return)
// CO_TRY(auto x, co_await f());    the same inside a coroutine.
#define CO_TRY(decl, expr) ENGINE_TRY_AS_(ENGINE_CAT(try_, __LINE__), decl, expr, co_return)

// CHECK_OK(f()) / CO_CHECK_OK(co_await f()): for a Status, which has no value to bind.
#define CHECK_OK(expr) \
  if (auto status_ = (expr); !status_) return std::move(status_).error()
#define CO_CHECK_OK(expr) \
  if (auto status_ = (expr); !status_) co_return std::move(status_).error()
