#include "runner/artefact_cache.h"

#include <utility>

#include "base/log.h"
#include "runner/artefact_key.h"

namespace engine {

ArtefactCache::ArtefactCache(ArtefactCacheOptions options, std::string directory, Bytes floor,
                             Toolchain toolchain, const Clock& clock)
    : per_owner_(options.per_owner),
      toolchain_(std::move(toolchain)),
      memory_(options.memory),
      disk_(std::move(directory), options.disk, floor, clock) {}

std::string ArtefactCache::key(const Submission& submission, const Language& language,
                               const Plan& plan) const {
  const std::string_view owner = per_owner_ ? std::string_view(submission.owner.text) : "";
  return artefact_key(toolchain_(language), owner, language, plan);
}

std::shared_ptr<const Compiled> ArtefactCache::find(const std::string& key) {
  auto compiled = memory_.get(key);
  if (compiled) {
    if (is_program(*compiled)) disk_.used(key);
  } else {
    compiled = read(key);
  }
  (compiled ? hits_ : misses_).fetch_add(1);
  return compiled;
}

std::shared_ptr<const Compiled> ArtefactCache::read(const std::string& key) {
  const auto bytes = disk_.get(key);
  if (!bytes) return nullptr;
  auto decoded = decode_compiled(key, *bytes);
  if (decoded && !is_program(*decoded)) {  // Earlier versions kept refusals too.
    disk_.remove(key);
    return nullptr;
  }
  if (!decoded) {
    log::warning("a compiled program is thrown away",
                 {
                     {"key",    key                    },
                     {"reason", decoded.error().message}
    });
    disk_.remove(key);
    return nullptr;
  }
  auto compiled = std::make_shared<const Compiled>(*std::move(decoded));
  memory_.put(key, compiled);
  return compiled;
}

void ArtefactCache::keep(const std::string& key, Compiled compiled) {
  const auto shared = std::make_shared<const Compiled>(std::move(compiled));
  memory_.put(key, shared);
  if (is_program(*shared)) disk_.put(key, encode(key, *shared));
}

ArtefactCache::Figures ArtefactCache::figures() const {
  return {hits_, misses_, memory_.held(), disk_.held()};
}

}  // namespace engine
