#pragma once

namespace engine::docker::supervisor {

// Opens the directories that runs of `user` may write to for him, and the work directory for us as
// well: an image may have them already, with any mode, and some runtimes prefer that to the one
// that was asked for.
bool open_directories(unsigned user);

// Removes everything that `user` has left in them. Nobody else may be alive. False: something is
// left.
bool wipe_directories(unsigned user);

}  // namespace engine::docker::supervisor
