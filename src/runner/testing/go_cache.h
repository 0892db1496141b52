#pragma once

#include "sandbox/native.h"

namespace engine::testing {

// Where script/bake-go-cache puts it; boxes are without where nobody has baked one.
inline const sandbox::Image::Resource kGoCache{"/var/cache/execution-engine/go", "/opt/go-cache"};

}  // namespace engine::testing
