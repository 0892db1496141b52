#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "language/language.h"
#include "runner/plan.h"

namespace engine {

// The modules that a Python program imports before it does anything else: whether they are there
// already when it starts cannot be told from within. Reads comments, blank lines, a text that
// documents, and imports of one line each; ends at anything else.
std::set<std::string, std::less<>> leading_imports(std::string_view source);

// The largest of the language's sets of which the plan's program begins with all. Empty: with none,
// or other files lie beside it or it has a name of its own, which a module that is preloaded might
// have imported in the place of the one that it means.
std::vector<std::string> preload_of(const Language& language, const Plan& plan);

}  // namespace engine
