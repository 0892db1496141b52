#pragma once

namespace engine::sandbox::init {

// Writes a bundle's files into the work directory: new files only, nothing followed. An errno;
// EBADMSG when the bundle is broken.
int place_bundle(int bundle);

}  // namespace engine::sandbox::init
