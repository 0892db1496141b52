#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "engine/engine.h"
#include "language/language.h"
#include "sandbox/native.h"

namespace engine::app {

// The parts of an engine, put together once: the only place that names implementations.
class Parts {
 public:
  // In this order, before the first thread: prepares the data directory, forks the box manager,
  // becomes the unprivileged user. `config.data` becomes the path under which it is reachable.
  struct Privileged {
    std::unique_ptr<sandbox::Manager> manager;  // None where nothing runs in native boxes.
    Languages languages;
  };
  static Result<Privileged> prepare(Config& config, Languages languages);

  // Opens and connects everything. Afterwards threads run; the engine is not started yet.
  static Result<std::unique_ptr<Parts>> make(const Config& config, Privileged privileged);

  virtual ~Parts() = default;
  virtual Engine& engine() = 0;
  virtual Languages& languages() = 0;
  virtual void probe_languages() = 0;  // Not without slots.

  // Has the headers of a C++ source with these options compiled ahead, if they are not, and waits
  // for it. kInvalid: the language has no such options or no such headers.  kUnavailable: it
  // failed; the log says why.
  virtual Status compile_headers(const Language& language,
                                 const std::vector<std::string>& options) = 0;
  virtual int manager_death_fd() const = 0;  // -1 without native boxes.
};

}  // namespace engine::app
