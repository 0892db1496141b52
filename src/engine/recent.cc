#include "engine/recent.h"

#include <utility>

namespace engine {
namespace {

constexpr std::size_t kSmall = 16 << 10;
// What a record takes beside its texts, and each of its runs: about, and rather too much.
constexpr std::size_t kBare = 2 << 10;
constexpr std::size_t kBareRun = 512;

std::size_t size_of(const Record& record) {
  std::size_t size = kBare;
  for (const std::string& name : record.test_names)
    size += sizeof(std::string) + name.size();
  if (!record.outcome) return size;
  size += record.outcome->reason.size();
  if (const auto& compile = record.outcome->compile) size += compile->output.head.size();
  for (const RunOutcome& run : record.outcome->runs) {
    size += kBareRun + run.stdout_text.head.size() + run.stderr_text.head.size();
    for (const OutputFile& file : run.files)
      size += sizeof(file) + file.name.size() + file.object.size() + file.problem.size();
  }
  return size;
}

}  // namespace

std::shared_ptr<const Record> Recent::find(const SubmissionId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id.text);
  if (found == by_id_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->record;
}

Recent::Look Recent::begin_look() const {
  const std::lock_guard lock(mutex_);
  return looks_;
}

void Recent::keep(std::shared_ptr<const Record> record, Look look) {
  if (!is_final(record->state) || !is_small(*record)) return;
  const std::size_t size = size_of(*record);
  const std::lock_guard lock(mutex_);
  if (look != looks_ || by_id_.contains(record->id.text)) return;
  entries_.push_front({.record = std::move(record), .size = size});
  by_id_.emplace(entries_.front().record->id.text, entries_.begin());
  held_ += size;
  while (held_ > static_cast<std::size_t>(most_.count))
    erase(std::prev(entries_.end()));
}

void Recent::forget(std::span<const SubmissionId> ids) {
  const std::lock_guard lock(mutex_);
  ++looks_;
  for (const SubmissionId& id : ids) {
    const auto found = by_id_.find(id.text);
    if (found != by_id_.end()) erase(found->second);
  }
}

void Recent::forget_all() {
  const std::lock_guard lock(mutex_);
  ++looks_;
  by_id_.clear();
  entries_.clear();
  held_ = 0;
}

bool Recent::is_small(const Record& record) {
  return size_of(record) <= kSmall;
}

void Recent::erase(Entries::iterator entry) {
  held_ -= entry->size;
  by_id_.erase(entry->record->id.text);
  entries_.erase(entry);
}

}  // namespace engine
