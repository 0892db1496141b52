#pragma once

#include <string>

#include "docker/container_spec.h"
#include "docker/engine_client.h"
#include "docker/supervisor_link.h"

namespace engine::docker {

// A started container, and the way to its supervisor.
struct Container {
  std::string id;
  unsigned number = 0;
  Shape shape;
  SupervisorLink link;
  bool lost = false;  // Of no more use.
  bool used = false;  // A run was in it, and may have ended it.
};

// Makes and starts one under a number. What is half made is removed, if the engine lets us.
// kNotFound: the image is not there.  kUnavailable: anything else.
Result<std::unique_ptr<Container>> start_container(const EngineClient& engine,
                                                   const DockerOptions& options, const Shape& shape,
                                                   unsigned number);

// Puts the supervisor into its volume, by way of a container of `image` that is never started.
// Errors as for start_container().
Status install_supervisor(const EngineClient& engine, const DockerOptions& options,
                          const std::string& image, unsigned number);

}  // namespace engine::docker
