#pragma once

namespace engine::sandbox::init {

// Writes a bundle's files into the work directory, where one may stand in the place of each only if
// it `replaces` them; nothing is followed. An errno; EBADMSG when the bundle is broken.
int place_bundle(int bundle, int work, bool replaces);

}  // namespace engine::sandbox::init
