#include "docker/testing/docker_daemon.h"
#include "sandbox/testing/files_contract.h"
#include "sandbox/testing/limits_contract.h"
#include "sandbox/testing/runs_contract.h"
#include "sandbox/testing/walls_contract.h"

// The contract of boxes, held by containers.
namespace engine::sandbox {
namespace {

std::unique_ptr<Boxes> make(Reuse reuse) {
  auto boxes = docker::make_docker_boxes(docker::daemon_options(docker::shared_daemon(), reuse));
  if (!boxes) throw std::runtime_error(boxes.error().message);
  return *std::move(boxes);
}

const BoxBackend kDocker{
    .name = "docker",
    .image = "host",
    .make = make,
    .problem = docker::daemon_problem,
    .disks = 3,
};

INSTANTIATE_TEST_SUITE_P(Boxes, BoxRuns, ::testing::Values(kDocker), backend_name);
INSTANTIATE_TEST_SUITE_P(Boxes, BoxFiles, ::testing::Values(kDocker), backend_name);
INSTANTIATE_TEST_SUITE_P(Boxes, RunLimitsOf, ::testing::Values(kDocker), backend_name);
INSTANTIATE_TEST_SUITE_P(Boxes, BoxWalls, ::testing::Values(kDocker), backend_name);

}  // namespace
}  // namespace engine::sandbox
