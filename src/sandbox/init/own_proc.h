#pragma once

namespace engine::sandbox::init {

// Mounts a /proc of this process namespace in place of the one that is there, which is of the
// mother's and would show her. An errno, or 0.
int show_own_processes();

}  // namespace engine::sandbox::init
