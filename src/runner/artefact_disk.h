#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/free_space.h"
#include "base/result.h"
#include "base/units.h"

namespace engine {

// Keeps texts under their keys as files of a directory that is nobody else's, up to a number of
// bytes; what was used longest ago goes first. Whatever the disk refuses is not kept, and what a
// crash leaves is the old file, the new one, or part of it: the reader checks what it gets. Safe
// from any thread.
class ArtefactDisk {
 public:
  // Below `floor` of free space nothing more is written. Makes the directory, removes what a crash
  // left half written and what is too much.
  ArtefactDisk(std::string directory, Bytes most, Bytes floor, const Clock& clock);

  // Nothing: it is not there, or cannot be read. Counts as a use.
  std::optional<std::string> get(const std::string& key);

  void put(const std::string& key, std::string_view bytes);
  void used(const std::string& key);  // It was, though not read from here.
  void remove(const std::string& key);

  Bytes held() const { return {held_.load()}; }  // Whole blocks, as they lie on the disk.

 private:
  std::string path_of(const std::string& key) const { return directory_ + "/" + key; }
  Status write(const std::string& unfinished, std::string_view bytes, const std::string& key);
  void sweep();

  const std::string directory_;
  const Bytes most_;
  const FreeSpace free_space_;
  std::atomic<std::int64_t> held_ = 0;
  std::atomic<std::uint64_t> names_ = 0;  // Of unfinished files.
  std::atomic<bool> complained_ = false;  // Once is enough.
  std::mutex sweeping_;
};

}  // namespace engine
