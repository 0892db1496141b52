#pragma once

#include <chrono>
#include <mutex>
#include <set>

#include "docker/docker.h"
#include "docker/engine_client.h"

namespace engine::docker {

// Containers of ours that nobody holds, as their removal failed, or their making was never
// answered. Each is made under a number, which is one of its labels, so that a list of the engine's
// tells them from those in use. Safe from any thread.
class Strays {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Both outlive it.
  Strays(const EngineClient& engine, const DockerOptions& options)
      : engine_(engine), options_(options) {}

  // A number that nobody has, from before the container is made until it is removed, or given up.
  unsigned take_number();
  void give_back(unsigned number);

  // There may be some: look() is due soon, and once more later, for what the engine was still at.
  void suspect();

  Time next_look() const;     // Time::max(): nothing is suspected.
  bool begin_look(Time now);  // False: none is due, or another thread looks.
  void look();  // Removes what it finds; what fails is due again. Waits for the engine.

 private:
  bool is_in_use(unsigned number) const;
  bool remove_all() const;  // False: there were some, or nobody knows.

  const EngineClient& engine_;
  const DockerOptions& options_;
  mutable std::mutex mutex_;  // Guards the rest.
  std::set<unsigned> in_use_;
  unsigned last_ = 0;
  int looks_ = 0;  // How many have to find nothing yet.
  bool is_looking_ = false;
  Time next_look_;
};

}  // namespace engine::docker
