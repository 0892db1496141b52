#pragma once

#include "base/units.h"
#include "domain/limits.h"
#include "sandbox/boxes.h"

namespace engine::testing {

// What real compilers get in tests: enough for each, on a machine that is busy and slow.
inline constexpr Limits kCompilerLimits{.cpu_time = Milliseconds{60'000},
                                        .wall_time = Milliseconds{240'000},
                                        .memory = 1_GiB,
                                        .output = 256_KiB,
                                        .file = 128_MiB,
                                        .disk = 512_MiB,
                                        .files = 20'000};

// What the boxes that they run in allow. Headers that are compiled ahead get all of it.
inline constexpr sandbox::RunLimits kCompilerCeiling{.cpu_time = Milliseconds{120'000},
                                                     .wall_time = Milliseconds{240'000},
                                                     .memory = 2_GiB,
                                                     .processes = 256,
                                                     .output = 16_MiB,
                                                     .file = 256_MiB,
                                                     .disk = 512_MiB,
                                                     .files = 20'000};

}  // namespace engine::testing
