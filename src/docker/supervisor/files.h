#pragma once

#include <cstdint>

namespace engine::docker::supervisor {

// Reads a bundle of `bytes` from the stream and writes its files into the work directory. All of
// it is read, whatever happens. An errno; EBADMSG when the bundle is broken.
int place_files(std::uint64_t bytes);

}  // namespace engine::docker::supervisor
