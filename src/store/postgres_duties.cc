#include "store/postgres_duties.h"

#include "base/hash.h"
#include "store/postgres_locks.h"

namespace engine::postgres {
namespace {

int number_of(const std::string& duty) {
  const std::string digest = sha256(duty);
  std::uint32_t number = 0;
  for (const char byte : digest.substr(0, sizeof(number)))
    number = (number << 8) | static_cast<unsigned char>(byte);
  return static_cast<int>(number);
}

}  // namespace

Result<bool> Duties::lead(const std::string& duty) {
  const std::lock_guard lock(mutex_);
  if (session_ && session_->is_alive()) {
    auto answer = ask(duty);
    if (answer || !session_->is_lost()) return answer;
  }
  held_.clear();
  session_.reset();
  auto session = server_.connect();
  if (!session) return Error{Errc::kUnavailable, std::move(session).error().message, {}};
  session_ = *std::move(session);
  return ask(duty);
}

Result<bool> Duties::ask(const std::string& duty) {
  if (held_.contains(duty)) {
    CHECK_OK(session_->ask());
    return true;
  }
  TRY(const Rows rows, session_->run(kTryLock, Parameters(kDutyLocks, number_of(duty))));
  const bool ours = rows.boolean(0, 0);
  if (ours) held_.insert(duty);
  return ours;
}

}  // namespace engine::postgres
