#include "app/toolchain.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "base/random.h"

namespace engine::app {
namespace {

// What every installation of a package changes, and where administrators put things by hand.
constexpr std::string_view kTelling[] = {"var/lib/dpkg/status", "usr/local/bin",
                                         "usr/local/include", "usr/local/lib"};

// Times and sizes; not inodes, which differ between two containers of one image.
std::string state_of(const std::string& root) {
  std::string state;
  for (const std::string_view path : kTelling) {
    struct stat status{};
    if (::stat((root + "/").append(path).c_str(), &status) != 0) status = {};
    state += " " + std::to_string(status.st_mtim.tv_sec) + "." +
             std::to_string(status.st_mtim.tv_nsec) + "/" + std::to_string(status.st_size);
  }
  return state;
}

// What the images of a process are, as far as the configuration tells.
struct Images {
  std::vector<sandbox::Image> native;
  std::string docker;   // What "host" stands for there.
  std::string process;  // Of this one alone.

  std::string root_of(const std::string& name) const {
    const auto found = std::find_if(native.begin(), native.end(),
                                    [&](const auto& image) { return image.name == name; });
    return found == native.end() ? "/" : found->root;
  }

  std::string state_of_image(const Language& language) const {
    if (language.runner != BoxKind::kDocker) return "native" + state_of(root_of(language.image));
    const std::string& reference = language.image == "host" ? docker : language.image;
    const bool is_digest = reference.find("@sha256:") != std::string::npos;
    return "docker " + reference + (is_digest ? "" : " " + process);
  }
};

}  // namespace

ArtefactCache::Toolchain toolchains(const Config& config, const Languages& languages) {
  const std::string rules = std::string(config.sandbox.strict_seccomp ? "strict" : "") +
                            " compile mode " + std::to_string(static_cast<int>(config.quick.mode)) +
                            "\n";
  Images images{config.sandbox.images, config.docker.images.front().reference, random_uuid()};
  return [rules, images = std::move(images), &languages](const Language& language) {
    const auto* entry = languages.find(language.id);
    const std::string version = entry == nullptr ? "" : entry->version;
    return std::string(ENGINE_VERSION "\n") + version + "\n" + rules +
           images.state_of_image(language);
  };
}

}  // namespace engine::app
