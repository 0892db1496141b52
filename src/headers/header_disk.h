#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/free_space.h"
#include "base/result.h"
#include "base/units.h"

namespace engine {

// Keeps header sets under their keys as directories of a directory that is nobody else's to write,
// up to a number of bytes; what was used longest ago goes first. Boxes see them, read-only, and who
// knows a key may read its set; nobody can list them. What a crash leaves is a whole set or none
// that passes check(). Safe from any thread.
class HeaderDisk {
 public:
  // `directory` is there. Below `floor` of free space nothing more is written. Removes what a crash
  // left half written and what is too much.
  HeaderDisk(std::string directory, Bytes most, Bytes floor, const Clock& clock);

  // A set is `file`, of the given text, and its compiled form. kOverloaded: there is no room.
  Status put(const std::string& key, const std::string& file, std::string_view text,
             std::string_view compiled);

  // Reads the set and compares it with what was written; takes as long as that takes. What differs
  // is removed. True: it is there.
  bool check(const std::string& key, const std::string& file);

  // True while a set that passed check() or was put here lies unchanged; counts as a use. Quick.
  bool is_as_checked(const std::string& key, const std::string& file);

  void remove(const std::string& key);

  Bytes held() const { return {held_.load()}; }

 private:
  // By which a change is seen without reading: of the text and of its compiled form.
  using State = std::pair<std::string, std::string>;

  std::string path_of(const std::string& key) const { return directory_ + "/" + key; }
  Status write(const std::string& unfinished, const std::string& file, std::string_view text,
               std::string_view compiled, const std::string& digest) const;
  void note(const std::string& key, const std::string& file);
  void sweep();

  const std::string directory_;
  const Bytes most_;
  const FreeSpace free_space_;
  std::atomic<std::int64_t> held_ = 0;
  std::mutex mutex_;
  std::map<std::string, State> checked_;
};

}  // namespace engine
