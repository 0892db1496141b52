#include <unistd.h>

#include "sandbox/native_test.h"
#include "sandbox/testing/files_contract.h"
#include "sandbox/testing/limits_contract.h"
#include "sandbox/testing/runs_contract.h"
#include "sandbox/testing/walls_contract.h"

// The contract of boxes, held by native ones.
namespace engine::sandbox {
namespace {

const BoxBackend kNative{
    .name = "native",
    .image = "host",
    .make = [](Reuse reuse) { return make_boxes(test_options(reuse)); },
    .problem = [] { return ::geteuid() == 0 ? "" : "native boxes need root"; },
};

INSTANTIATE_TEST_SUITE_P(Boxes, BoxRuns, ::testing::Values(kNative), backend_name);
INSTANTIATE_TEST_SUITE_P(Boxes, BoxFiles, ::testing::Values(kNative), backend_name);
INSTANTIATE_TEST_SUITE_P(Boxes, RunLimitsOf, ::testing::Values(kNative), backend_name);
INSTANTIATE_TEST_SUITE_P(Boxes, BoxWalls, ::testing::Values(kNative), backend_name);

}  // namespace
}  // namespace engine::sandbox
