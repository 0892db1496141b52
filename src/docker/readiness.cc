#include "docker/readiness.h"

#include <algorithm>

#include "base/log.h"
#include "docker/container_spec.h"

namespace engine::docker {
namespace {

namespace json = boost::json;

bool is_true(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

Status check_limits(const json::object& info, const DockerOptions& options) {
  struct Need {
    const char* key;
    const char* what;
    bool needed = true;
  };
  const Need needs[] = {
      {"MemoryLimit", "memory"},
      {"SwapLimit", "swap (boot with swapaccount=1, or use cgroup v2)"},
      {"PidsLimit", "processes (the cgroup controller pids is missing)"},
      {"CpuCfsQuota", "processor time, as is asked for", options.processors > 0},
  };
  for (const Need& need : needs) {
    if (!need.needed || is_true(info, need.key)) continue;
    return Error{Errc::kInvalid, std::string("docker: this engine cannot limit ") + need.what, {}};
  }
  return Ok{};
}

// A volume of an image is a directory of the host that anybody in the container may fill.
Status check_image(const EngineClient& engine, const std::string& reference) {
  const auto image = engine.image(reference);
  if (!image && image.error().code == Errc::kNotFound) {
    return Error{
        Errc::kUnavailable,
        "docker: image '" + reference + "' is not there; `docker pull` or `docker build` it",
        {}};
  }
  if (!image) return image.error();
  const json::value* config = image->if_contains("Config");
  const json::value* volumes = config != nullptr && config->is_object()
                                   ? config->get_object().if_contains("Volumes")
                                   : nullptr;
  if (volumes != nullptr && volumes->is_object() && !volumes->get_object().empty()) {
    return Error{Errc::kInvalid,
                 "docker: image '" + reference +
                     "' declares a VOLUME, which no limit holds; build it without",
                 {}};
  }
  return Ok{};
}

}  // namespace

Status check_engine(const EngineClient& engine, const DockerOptions& options) {
  TRY(const json::object info, engine.info());
  CHECK_OK(check_limits(info, options));
  for (const Image& image : options.images)
    CHECK_OK(check_image(engine, image.reference));
  return Ok{};
}

Status sweep(const EngineClient& engine, const DockerOptions& options) {
  const std::string label = std::string(kInstanceLabel) + "=" + options.instance;
  TRY(const auto left, engine.labelled(label));
  for (const auto& container : left)
    CHECK_OK(engine.remove(container.id));
  if (!left.empty()) {
    log::info("removed containers that were left behind",
              {
                  {"count", std::to_string(left.size())}
    });
  }
  return Ok{};
}

}  // namespace engine::docker
