#pragma once

#include <cstddef>
#include <string>

namespace engine {

// `count` bytes of the kernel's randomness, fit for keys. Throws only where the kernel has none.
std::string random_bytes(std::size_t count);

// A random UUID, version 4, lower case: 122 unguessable bits.
std::string random_uuid();

}  // namespace engine
