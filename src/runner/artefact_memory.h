#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/units.h"
#include "runner/compiled.h"

namespace engine {

// The compiles that were used last, up to a number of bytes. Their files are put into boxes as they
// are, all runs sharing the prepared form. Safe from any thread.
class ArtefactMemory {
 public:
  explicit ArtefactMemory(Bytes most) : most_(most) {}

  std::shared_ptr<const Compiled> get(const std::string& key);  // nullptr: it is not there.
  void put(const std::string& key, std::shared_ptr<const Compiled> compiled);

  Bytes held() const;

  // What keeping it is counted as: its texts, its files and their prepared form, and a share of
  // what else is scarce, as each holds a descriptor.
  static Bytes cost_of(const Compiled& compiled);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Compiled> compiled;
    Bytes cost;
  };
  using Entries = std::list<Entry>;  // Used last comes first.

  const Bytes most_;
  mutable std::mutex mutex_;
  Bytes held_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace engine
