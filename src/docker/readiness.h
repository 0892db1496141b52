#pragma once

#include "base/result.h"
#include "docker/docker.h"
#include "docker/engine_client.h"

namespace engine::docker {

// Whether this engine can hold what is promised: its limits and its images. Errors as of
// make_docker_boxes().
Status check_engine(const EngineClient& engine, const DockerOptions& options);

// Removes the containers that an earlier process of this instance left.
Status sweep(const EngineClient& engine, const DockerOptions& options);

}  // namespace engine::docker
