#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/units.h"
#include "sandbox/boxes.h"

namespace engine::sandbox {

// Collects the files that come out of a box. Counts the bytes it reads, never the size that the
// file claims: it may be sparse, and was made by foreign code.
class TakenFiles {
 public:
  explicit TakenFiles(Bytes limit) : left_(limit) {}

  void add(std::string name, const Fd& file, unsigned mode);
  void add(std::string name, std::string content, unsigned mode);  // One that was read already.
  void add_problem(std::string name, int error);  // An errno, as init/take.h gives them.

  // By name. `error`: the box's, for the whole: E2BIG when there were too many.
  std::vector<TakenFile> finish(int error) &&;

 private:
  Bytes left_;
  std::vector<TakenFile> files_;
};

}  // namespace engine::sandbox
