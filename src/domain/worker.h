#pragma once

#include <string>
#include <vector>

namespace engine {

// A language as a worker has it installed.
struct LanguageNotice {
  std::string id;
  std::string version;
  bool operator==(const LanguageNotice&) const = default;
};

// What a worker process says of itself to the processes that show it.
struct WorkerNotice {
  std::string id;
  std::string host;
  int slots = 0;
  std::vector<LanguageNotice> languages;
  bool operator==(const WorkerNotice&) const = default;
};

}  // namespace engine
