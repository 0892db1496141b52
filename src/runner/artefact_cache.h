#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/units.h"
#include "domain/submission.h"
#include "language/language.h"
#include "runner/artefact_disk.h"
#include "runner/artefact_memory.h"
#include "runner/compiled.h"
#include "runner/plan.h"

namespace engine {

struct ArtefactCacheOptions {
  Bytes disk = 1_GiB;      // 0: no cache at all.
  Bytes memory = 64_MiB;   // Of that what was used last, ready for boxes; 0: all is read anew.
  bool per_owner = false;  // What one token's owner compiled serves nobody else.
};

// What compiles came to, under keys that cover all that decides it: a program that was compiled
// before need not be compiled again. Memory over disk; a compiler's refusal is kept in memory
// alone, so that what was the host's fault after all ends with this process. It is never in the
// way: what cannot be read or kept is compiled. Only what Box::run() took out of a dead box is put
// in. Compiles of one key at the same time are each done, and the last one stays. Safe from any
// thread.
class ArtefactCache {
 public:
  // Names what compiles a language here, beside its command: its version, the kind of box, what
  // the image has. Another text, another key.
  using Toolchain = std::function<std::string(const Language& language)>;

  // `directory` is made if it is missing, and is nobody else's. Below `floor` of free space the
  // disk gets nothing more.
  ArtefactCache(ArtefactCacheOptions options, std::string directory, Bytes floor,
                Toolchain toolchain, const Clock& clock);

  std::string key(const Submission& submission, const Language& language, const Plan& plan) const;

  // nullptr: it has to be compiled. A copy on the disk that is not what was written is removed.
  std::shared_ptr<const Compiled> find(const std::string& key);

  void keep(const std::string& key, Compiled compiled);

  struct Figures {
    std::uint64_t hits = 0;  // Those from the disk included.
    std::uint64_t misses = 0;
    Bytes memory;
    Bytes disk;
  };
  Figures figures() const;

 private:
  std::shared_ptr<const Compiled> read(const std::string& key);

  const bool per_owner_;
  const Toolchain toolchain_;
  ArtefactMemory memory_;
  ArtefactDisk disk_;
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
};

}  // namespace engine
