#include "base/processors.h"

#include <algorithm>
#include <numeric>
#include <thread>

#include <sched.h>

namespace engine {

std::vector<int> usable_processors() {
  std::vector<int> processors;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int number = 0; number < CPU_SETSIZE; ++number) {
      if (CPU_ISSET(number, &set)) processors.push_back(number);
    }
  }
  if (processors.empty()) {  // More than the set has room for.
    processors.resize(std::max(1U, std::thread::hardware_concurrency()));
    std::iota(processors.begin(), processors.end(), 0);
  }
  return processors;
}

}  // namespace engine
