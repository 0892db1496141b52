#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "sandbox/boxes.h"

// Boxes that are containers of a Docker Engine, with a supervisor of ours as their first process.
// For hosts on which native boxes cannot be had, and for images that come as such. See
// docs/docker.md for what they are worth and what they cost.
namespace engine::docker {

// Whoever reaches the engine's API is root on its machine: only this program may.
struct Address {
  std::string socket;  // A path; or else:
  std::string host;
  std::string port;
};
// "unix:///run/docker.sock" or "tcp://host:port", which has no protection of its own. kInvalid.
Result<Address> parse_address(const std::string& text);

// What a language calls its image, and the engine's name for it. Images are never pulled by us.
struct Image {
  std::string name = "host";
  std::string reference = "execution-engine/languages";
};

// What a worker had to do without.
enum class Loss {
  kContainer,  // One died or its supervisor broke its word: under a run, or before its first.
  kEngine,     // None could be started: the engine is away, or refuses.
  kImage,      // None could be started: the image is not there.
};
std::string_view to_string(Loss loss);  // "container", "engine", "image".

struct DockerOptions {
  std::string engine = "unix:///run/docker.sock";
  std::vector<Image> images = {Image{}};
  std::string runtime;  // "runsc", "crun", ...; empty: the engine's default.
  std::string cgroup_parent;
  // Marks our containers. At the start all that bear this name are removed: engines that share a
  // Docker Engine need names of their own, and each keeps its own.
  std::string instance = "default";
  sandbox::Reuse reuse = sandbox::Reuse::kSubmission;
  int slots = 1;             // Runs at once.
  int warm = 2;              // Containers that are kept started, for each slot.
  sandbox::RunLimits usual;  // What the first warm ones are made for.
  double processors = 0;     // That one container may use; 0: all.
  bool strict_seccomp = false;
  int first_user = 40'000;  // Runs are users from here on, so that containers do not share any
  int users = 10'000;       // limit that the kernel has for each user.
  Milliseconds patience{20'000};  // For any one call of the engine.
  // Told of each loss, on the thread that met with it; must be quick.
  std::function<void(Loss)> on_loss = [](Loss) {};
};

// Looks at the engine, prepares what containers need, removes what a crash left, and starts the
// threads that keep containers ready. kUnavailable: no engine answers, or an image is not there.
// kInvalid: the engine is too old, or does not limit what must be limited. Messages say what to do.
//
// Of the boxes: a box takes its container at its first run, as only then its size is known, and
// another one when a run asks for another size. acquire() therefore does not wait.
Result<std::unique_ptr<sandbox::Boxes>> make_docker_boxes(const DockerOptions& options);

}  // namespace engine::docker
