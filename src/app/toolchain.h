#pragma once

#include "app/config.h"
#include "language/language.h"
#include "runner/artefact_cache.h"

namespace engine::app {

// What compiles a language here, as keys of the artefact cache name it: this program's version, the
// language's, the kind of its boxes and their rules, and the image with the times of what changes
// in it when packages do. Looks at the file system at every call. `languages`, which are probed by
// then, outlive it.
//
// An image of a Docker Engine that is named by a tag may be another one tomorrow, so that its keys
// hold for this process only; one that is named by its digest is known.
ArtefactCache::Toolchain toolchains(const Config& config, const Languages& languages);

}  // namespace engine::app
