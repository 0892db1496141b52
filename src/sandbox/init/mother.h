#pragma once

#include "sandbox/cgroup_files.h"

namespace engine::sandbox::init {

// The process that one life of a box after another is forked from. It is in the user and network
// namespace and in the cgroups that those lives have, one after another; it has all of the image
// mounted, and nothing else. Each life gets processes, mounts, files and IPC objects of its own, in
// namespaces that end with it, and can neither see nor name this process.
//
// Ends when the worker closes the other end of its socket, and takes the box along.
[[noreturn]] void mother_main(CgroupMode mode, bool strict);

}  // namespace engine::sandbox::init
