#pragma once

#include <functional>

#include "app/config.h"
#include "engine/engine.h"

namespace engine::app {

// What a process offers to those who reach its address.
enum class Role {
  kServer,  // The whole API.
  kWorker,  // Health, readiness and metrics; nothing at all where no address was given.
};

// Called once when all is up, with the configuration as it is in force.
using OnReady = std::function<void(const Config& config, const Engine& engine)>;

// Puts the parts together, starts the engine and serves until a SIGTERM, a SIGINT or the death of
// the box manager, then drains. Returns the exit status. To be called before there are threads.
int run_service(Config config, Role role, const OnReady& on_ready);

}  // namespace engine::app
