#pragma once

namespace engine::sandbox::init {

// Mounts a /proc of this process namespace over the one that is there, which is of the mother's and
// would show her. Nobody in the box may uncover it: that takes a capability which no run has, and a
// call that the filter refuses them. An errno, or 0.
int show_own_processes();

}  // namespace engine::sandbox::init
