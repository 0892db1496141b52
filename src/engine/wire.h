#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "engine/engine.h"

namespace engine {

// The language in which a shared queue is spoken to: that of the API, which knows the engine and
// which the engine does not know. Safe from any thread.
class Wire {
 public:
  using LinkTo = std::function<Result<std::string>(std::string_view object)>;

  virtual ~Wire() = default;

  // The body of POST /api/v1/submissions. kInvalid as there.
  virtual Result<SubmissionRequest> request(std::string_view json) const = 0;

  // What happened, for whoever looks at a job, and for the engines that hear of it. Events that are
  // not understood are left out.
  virtual std::string progress(const std::vector<Event>& events) const = 0;
  virtual std::vector<Event> events(std::string_view progress) const = 0;

  // The submission object, with what the outputs begin with cut down until it fits.
  virtual std::string outcome(const Record& record, const LinkTo& link_to, Bytes most) const = 0;
};

}  // namespace engine
