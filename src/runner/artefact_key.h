#pragma once

#include <string>
#include <string_view>

#include "language/language.h"
#include "runner/plan.h"

namespace engine {

// Names a compile by all that decides what comes of it and what the runs then find: commands,
// environment, limits, files and their names, image; and what else the caller knows of. Two
// compiles of one name are the same compile. 64 hexadecimal digits.
//   toolchain  what compiles the language here, as ArtefactCacheOptions::toolchain says
//   owner      whose compile it is, where none is to serve another's; else empty
std::string artefact_key(std::string_view toolchain, std::string_view owner,
                         const Language& language, const Plan& plan);

}  // namespace engine
