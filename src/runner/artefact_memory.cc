#include "runner/artefact_memory.h"

#include <cstdint>
#include <utility>

namespace engine {
namespace {

constexpr std::int64_t kShare = std::int64_t{64} << 10;

}  // namespace

Bytes ArtefactMemory::cost_of(const Compiled& compiled) {
  auto bytes = static_cast<std::int64_t>(compiled.log.size());
  if (compiled.files) {
    for (const sandbox::File& file : compiled.files->files())
      bytes += 2 * static_cast<std::int64_t>(file.content.size());
  }
  return {bytes + kShare};
}

std::shared_ptr<const Compiled> ArtefactMemory::get(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->compiled;
}

void ArtefactMemory::put(const std::string& key, std::shared_ptr<const Compiled> compiled) {
  const Bytes cost = cost_of(*compiled);
  if (cost > most_) return;
  Entries gone;  // Destroyed after the lock is let go: files are large.
  const std::lock_guard lock(mutex_);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    held_ = held_ - known->second->cost;
    gone.splice(gone.end(), entries_, known->second);
    by_key_.erase(known);
  }
  entries_.push_front({key, std::move(compiled), cost});
  by_key_[key] = entries_.begin();
  held_ = held_ + cost;
  while (held_ > most_) {
    held_ = held_ - entries_.back().cost;
    by_key_.erase(entries_.back().key);
    gone.splice(gone.end(), entries_, std::prev(entries_.end()));
  }
}

Bytes ArtefactMemory::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

}  // namespace engine
