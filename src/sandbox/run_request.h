#pragma once

#include <string>
#include <vector>

#include "sandbox/boxes.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox {

// The run's command and limits for who starts it in a box, without bundle and frozen interpreter.
wire::RunRequest make_run_request(const RunSpec& spec);

// Lists of strings as they follow such a request: each ended by a NUL.
std::string join(const std::vector<std::string>& strings);

}  // namespace engine::sandbox
