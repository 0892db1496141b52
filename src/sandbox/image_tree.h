#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sandbox/native.h"

namespace engine::sandbox {

// Builds the read-only root that every box of `image` sees, mounted at `target`, an empty directory
// of a mount namespace that is the caller's own. In it are empty places for what each box mounts
// for itself: /proc, /box, /tmp, /dev/shm and the mother's /run/box.
//
// Files of /etc and links are copies; directories are bind mounts without set-user-id, devices and
// access times. kInvalid: the image cannot be shown; says which part and why.
Status build_image_tree(const Image& image, const std::string& target);

}  // namespace engine::sandbox
