#include "sandbox/manager_host.h"

#include <array>
#include <utility>

#include <cap-ng.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/processors.h"
#include "sandbox/box_process.h"
#include "sandbox/image_tree.h"
#include "sandbox/init/embedded.h"
#include "sandbox/memory_file.h"
#include "sandbox/os_error.h"

namespace engine::sandbox {
namespace {

struct Need {
  unsigned capability;
  const char* name;
  bool for_good;  // Else only while preparing.
};
constexpr Need kNeeds[] = {
    {CAP_SYS_ADMIN,    "CAP_SYS_ADMIN",    true }, // Namespaces and mounts.
    {CAP_SETUID,       "CAP_SETUID",       true }, // The boxes' user ids.
    {CAP_SETGID,       "CAP_SETGID",       true }, // Likewise.
    {CAP_KILL,         "CAP_KILL",         true }, // Their mothers are other users.
    {CAP_CHOWN,        "CAP_CHOWN",        true }, // Delegates cgroups to them.
    {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE", true }, // Reads and removes what was delegated.
    {CAP_MKNOD,        "CAP_MKNOD",        false}, // /dev of the images.
};

Status keep_needed_capabilities() {
  capng_clear(CAPNG_SELECT_BOTH);
  for (const Need& need : kNeeds) {
    if (!need.for_good) continue;
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                 need.capability);
  }
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return os_error("give up capabilities");
  return Ok{};
}

Result<std::vector<std::string>> build_roots(const std::vector<Image>& images) {
  if (!enter_own_mounts()) return os_error("make mounts of its own");
  if (::mount("images", kRunDirectory, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "mode=755,size=1m") != 0) {
    return os_error("mount a place for the images");
  }
  std::vector<std::string> roots;
  for (const Image& image : images) {
    std::string root = std::string(kRunDirectory) + "/" + std::to_string(roots.size());
    if (::mkdir(root.c_str(), 0755) != 0) return os_error("make " + root);
    CHECK_OK(build_image_tree(image, root));
    roots.push_back(std::move(root));
  }
  return roots;
}

}  // namespace

Status check_capabilities() {
  if (capng_get_caps_process() != 0) return os_error("read the capabilities");
  for (const Need& need : kNeeds) {
    if (capng_have_capability(CAPNG_EFFECTIVE, need.capability) != 0) continue;
    return Error{Errc::kInvalid,
                 std::string("sandbox: ") + need.name +
                     " is missing: start the engine as root (it gives root up for all but the box "
                     "manager), or in a container that adds this capability",
                 {}};
  }
  return Ok{};
}

Result<ManagerHost> prepare_host(const NativeOptions& options) {
  CHECK_OK(check_capabilities());
  ManagerHost host;
  host.processors = usable_processors();
  TRY(host.instance, claim_instance(options.instance));
  TRY(const Hierarchies hierarchies, detect_hierarchies());
  TRY(host.cgroups, CgroupTree::create(hierarchies, options.cgroup_parent, host.instance.name));
  TRY(host.roots, build_roots(options.images));
  const std::span<const char> program = init_program();
  const std::array parts = {std::string_view(program.data(), program.size())};
  TRY(host.init_program, make_memory_file("init", parts));
  // What is thawed has it as /proc/self/exe: nobody there may open it, nor set attributes that
  // another box could read.
  if (::fchmod(host.init_program.get(), 0111) != 0) return os_error("fchmod");
  CHECK_OK(keep_needed_capabilities());
  return host;
}

}  // namespace engine::sandbox
