#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace engine::gcs {

struct FreshToken {
  std::string text;
  std::chrono::seconds lifetime{0};
};

// Keeps one access token and fetches the next before it ends. Safe from any thread: one fetches,
// and whoever has a token that still holds goes on with it meanwhile.
class Tokens {
 public:
  using Fetch = std::function<Result<FreshToken>()>;
  // `clock` outlives it.
  Tokens(Fetch fetch, const Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}

  // A token that holds for a while. Errors are those of `fetch`.
  Result<std::string> get();
  // The service refused this one, whatever its lifetime; the next get() fetches.
  void drop(const std::string& token);

 private:
  bool holds(SteadyTime until) const;

  const Fetch fetch_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable fetched_;
  bool is_fetching_ = false;
  std::string token_;
  SteadyTime renewal_;
  SteadyTime last_use_;
};

}  // namespace engine::gcs
