#include "sandbox/freezer/hooks.h"

#include <cstdlib>

#include <dirent.h>
#include <unistd.h>

namespace engine::sandbox::freezer {
namespace {

// Entries of a directory of numbers from `least` on; -1: it cannot be read. `but` says which of
// them does not count, by the descriptor that the directory is read from.
template <typename But>
int count(const char* path, long least, But but) {
  DIR* directory = opendir(path);
  if (directory == nullptr) return -1;
  int found = 0;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    const long number = std::strtol(entry->d_name, nullptr, 10);
    found += number >= least && !but(number, dirfd(directory));
  }
  closedir(directory);
  return found;
}

}  // namespace

const char* left_by_hooks() {
  const int threads = count("/proc/self/task", 1, [](long, int) { return false; });
  if (threads != 1) return "has threads when it has started\n";
  const int files = count("/proc/self/fd", STDERR_FILENO + 1,
                          [](long number, int directory) { return number == directory; });
  if (files != 0) return "has files open when it has started\n";
  return nullptr;
}

}  // namespace engine::sandbox::freezer
