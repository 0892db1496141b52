#pragma once

#include <memory>

#include "engine/wire.h"

namespace engine::api {

// The API's JSON, as jobs of a shared queue carry it.
std::unique_ptr<const Wire> make_wire();

}  // namespace engine::api
