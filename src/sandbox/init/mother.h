#pragma once

#include "sandbox/cgroup_files.h"

namespace engine::sandbox::init {

// The process that leads one life of a box after another. It is in the user and network namespace
// that those lives have, and beside their cgroups; it has all of the image mounted, and nothing
// else. Each life gets processes, mounts, files and IPC objects of its own, in namespaces that end
// with it, and can neither see nor name this process.
//
// Ends when the worker closes the other end of its socket, and takes the box along.
[[noreturn]] void mother_main(CgroupMode mode, bool strict);

}  // namespace engine::sandbox::init
