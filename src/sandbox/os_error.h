#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "base/result.h"

namespace engine::sandbox {

// The host refused something: kUnavailable, with the call's name and the kernel's reason.
inline Error os_error(const std::string& what, int error = errno) {
  return {Errc::kUnavailable, what + ": " + std::generic_category().message(error), {}};
}

}  // namespace engine::sandbox
