#pragma once

#include <cstdint>

#include "base/result.h"

// Between the unprivileged half and the box manager, over a SEQPACKET socket. The manager counts
// its parent as compromised: a request is of one size and holds only numbers, each checked against
// what the manager read before it forked. Never a path, a user id or a mount.
namespace engine::sandbox {

enum class ManagerOrder : std::uint32_t {
  kBuild = 1,  // A box for `image`, tied to `pin`. Answered by one ManagerReply.
  kDestroy,    // The box `box` in its life `life`. Not answered; what is gone already is ignored.
};

struct ManagerRequest {
  ManagerOrder order{};
  std::uint32_t image = 0;
  std::uint32_t pin = 0;  // Counts the processors that boxes are tied to, if they are.
  std::uint32_t box = 0;
  std::uint32_t life = 0;
};

// Answers kBuild, and is sent once unasked when the manager is up, or could not come up.
// Descriptors: the mother's socket, then the cgroup files whose bits are set in `files`.
struct ManagerReply {
  std::uint32_t failed = 0;
  Errc code = Errc::kInternal;
  std::uint32_t mode = 0;  // CgroupMode.
  std::uint32_t box = 0;
  std::uint32_t life = 0;
  std::uint32_t files = 0;
  char message[488] = {};  // Of a failure; ended by a NUL.
};

}  // namespace engine::sandbox
