#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/boxes.h"

namespace engine {

// Headers leave templates to instantiate, and GCC puts that off to the end of each unit: for
// bits/stdc++.h it is most of what a small program takes. A plugin of the compiler's, loaded when
// headers are compiled ahead and never when programs are, has it done there, once for all.
//
// The plugin is made in the box by the image's own compiler, which alone it fits. kNotFound: the
// image does not have what plugins are made of; says which package brings it.  `like` has the
// environment, the limits and the stop of the run that headers are compiled by.
Result<std::string> make_instantiation_plugin(sandbox::Box& box, const sandbox::RunSpec& like);

// As a run that compiles headers is given it, beside its own files and arguments.
inline constexpr std::string_view kInstantiationFile = "instantiate.so";
inline constexpr std::string_view kInstantiationOption = "-fplugin=/box/instantiate.so";

// The line behind all headers that has it done.
inline constexpr std::string_view kInstantiationLine = "#pragma engine instantiate\n";

}  // namespace engine
