#pragma once

#include <string>
#include <utility>

#include "runner/runner.h"
#include "runner/texts.h"

namespace engine {

// What a submission comes to that no host could run; it says nothing about the program. The reason
// is the log as well, so that the link to it leads somewhere.
inline Execution host_failure(std::string reason) {
  Execution nothing;
  nothing.objects.push_back({kLogObject, "The engine could not run this: " + reason + "\n"});
  nothing.outcome.verdict = Verdict::kInternalError;
  nothing.outcome.reason = std::move(reason);
  nothing.outcome.log_object = kLogObject;
  return nothing;
}

}  // namespace engine
