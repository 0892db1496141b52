#pragma once

#include <string_view>

#include "queue/redis_command.h"

// BullMQ's own Lua scripts, the ones that we call: name and number of keys. bullmq_scripts.cjs
// reads this table when the project is built, takes the texts from BullMQ's package, and fails the
// build when a script is gone or wants other keys than the calls in bullmq_wire.cc give it.
#define ENGINE_BULLMQ_SCRIPTS(SCRIPT) \
  SCRIPT(addDelayedJob, 6)            \
  SCRIPT(addLog, 2)                   \
  SCRIPT(addPrioritizedJob, 9)        \
  SCRIPT(extendLock, 2)               \
  SCRIPT(getStateV2, 8)               \
  SCRIPT(isFinished, 3)               \
  SCRIPT(moveJobFromActiveToWait, 9)  \
  SCRIPT(moveStalledJobsToWait, 9)    \
  SCRIPT(moveToActive, 11)            \
  SCRIPT(moveToDelayed, 11)           \
  SCRIPT(moveToFinished, 14)          \
  SCRIPT(removeJob, 2)                \
  SCRIPT(retryJob, 11)                \
  SCRIPT(updateProgress, 3)

namespace engine::bullmq::scripts {

#define ENGINE_DECLARE(name, keys) extern const redis::Script name;  // NOLINT: as BullMQ calls it
ENGINE_BULLMQ_SCRIPTS(ENGINE_DECLARE)
#undef ENGINE_DECLARE

// Of the package that they were taken from.
extern const std::string_view kVersion;

}  // namespace engine::bullmq::scripts
