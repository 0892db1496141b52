#pragma once

#include <memory>

#include "engine/engine.h"
#include "engine/runs.h"

namespace engine {

// Adds what can only be read at the moment of a scrape: the queue, the slots, what is stored, and
// this process. The ports outlive the metrics' last scrape.
void add_gauges(const Engine::Ports& ports, const std::shared_ptr<const Runs>& runs, int slots);

}  // namespace engine
