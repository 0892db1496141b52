#pragma once

#include <vector>

namespace engine {

// The kernel's numbers of the processors that this process may use, ascending; never empty.
std::vector<int> usable_processors();

}  // namespace engine
