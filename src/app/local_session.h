#pragma once

#include <functional>
#include <memory>

#include "app/config.h"
#include "app/parts.h"
#include "app/temporary_directory.h"
#include "base/result.h"

namespace engine::app {

// An engine for the length of one command: everything embedded, its data in a temporary directory.
class LocalSession {
 public:
  // `narrow` picks the languages that are probed and offered.
  using Narrow = std::function<Languages(Languages)>;
  static Result<std::unique_ptr<LocalSession>> open(Config config, const Narrow& narrow = nullptr);
  ~LocalSession();

  Parts& parts() { return *parts_; }

 private:
  explicit LocalSession(TemporaryDirectory directory) : directory_(std::move(directory)) {}
  TemporaryDirectory directory_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace engine::app
