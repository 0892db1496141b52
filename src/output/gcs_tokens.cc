#include "output/gcs_tokens.h"

#include <algorithm>

namespace engine::gcs {
namespace {

// Before its end a token is renewed, and still before it is not used: a request might come too
// late. Of a short life it is a part.
constexpr std::chrono::seconds kRenewBefore{240};
constexpr std::chrono::seconds kLeaveBefore{30};

}  // namespace

bool Tokens::holds(SteadyTime until) const {
  return !token_.empty() && clock_.steady() < until;
}

Result<std::string> Tokens::get() {
  std::unique_lock lock(mutex_);
  fetched_.wait(lock, [this] { return !is_fetching_ || holds(last_use_); });
  if (holds(is_fetching_ ? last_use_ : renewal_)) return token_;

  is_fetching_ = true;
  lock.unlock();
  auto fresh = fetch_();
  lock.lock();
  is_fetching_ = false;
  fetched_.notify_all();
  const SteadyTime now = clock_.steady();
  if (fresh) {
    const auto lifetime = fresh->lifetime;
    token_ = std::move(fresh->text);
    renewal_ = now + lifetime - std::min(kRenewBefore, lifetime / 2);
    last_use_ = now + lifetime - std::min(kLeaveBefore, lifetime / 4);
  } else {
    if (!holds(last_use_)) return std::move(fresh).error();
    renewal_ = now + kLeaveBefore;  // Until then nobody else need try.
  }
  return token_;
}

void Tokens::drop(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (token_ == token) token_.clear();
}

}  // namespace engine::gcs
