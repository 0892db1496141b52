#pragma once

#include <memory>
#include <optional>

#include "app/config.h"
#include "base/result.h"
#include "engine/engine.h"
#include "language/language.h"
#include "sandbox/boxes.h"
#include "sandbox/native.h"

namespace engine::app {

// The parts of an engine, put together once: the only place that names implementations.
class Parts {
 public:
  // In this order, before the first thread: forks the box manager, prepares the data directory,
  // becomes the unprivileged user. `config.data` becomes the path under which it is reachable.
  struct Privileged {
    std::unique_ptr<sandbox::Manager> manager;  // None without slots.
    Languages languages;
  };
  static Result<Privileged> prepare(Config& config);

  // Opens and connects everything. Afterwards threads run; the engine is not started yet.
  static Result<std::unique_ptr<Parts>> make(const Config& config, Privileged privileged);

  virtual ~Parts() = default;
  virtual Engine& engine() = 0;
  virtual Languages& languages() = 0;
  virtual sandbox::Boxes* boxes() = 0;       // nullptr without slots.
  virtual int manager_death_fd() const = 0;  // -1 without slots.
};

// The directory of the languages that come with the program: beside it, in its share directory, or
// in the source tree that it was built from. kNotFound names where it was looked for.
Result<std::string> languages_directory(const Config& config);

}  // namespace engine::app
