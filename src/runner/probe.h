#pragma once

#include "language/language.h"
#include "runner/runner.h"

namespace engine {

// Asks every language for its version, inside a box of its kind and image, and fills in
// Entry::version or Entry::problem. Also settles what depends on the image: the one of
// Language::programs that is there, and the environment of the resources that are. Call once,
// before threads read the languages; takes one short run for each language and candidate.
void probe(Languages& languages, const BoxesOf& boxes);

}  // namespace engine
