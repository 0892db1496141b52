#pragma once

#include <functional>
#include <memory>

#include "app/config.h"
#include "app/parts.h"
#include "app/temporary_directory.h"
#include "base/result.h"

namespace engine::app {

// An engine for the length of one command: everything embedded, its data in a temporary directory,
// whatever places the configuration names.
class LocalSession {
 public:
  // `narrow` picks the languages that are probed and offered.
  using Narrow = std::function<Languages(Languages)>;
  static Result<std::unique_ptr<LocalSession>> open(Config config, const Narrow& narrow = nullptr);
  ~LocalSession();

  Parts& parts() { return *parts_; }

  // Both wait. The end is a record in a final state.
  Result<Engine::Accepted> submit(SubmissionRequest request);
  Result<std::shared_ptr<const Record>> await_end(const SubmissionId& id);

 private:
  explicit LocalSession(TemporaryDirectory directory) : directory_(std::move(directory)) {}
  TemporaryDirectory directory_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace engine::app
