#pragma once

namespace engine::docker::supervisor {

// Removes everything that the calling user has left in the directories that a run may write to. He
// must own it all, and nobody else may be alive. False: something is left.
bool wipe_directories();

}  // namespace engine::docker::supervisor
