#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "store/store.h"

namespace engine {

// Submissions that are over and were lately asked for, as the store has them, so that a client who
// asks again costs the store nothing. What is over never changes; it only goes, when it expires.
// That has to be told here, so this is for a process that has its store for itself. Never waits;
// safe from any thread.
class Recent {
 public:
  // The least recently asked for are dropped so that all are `most` together, and each is small.
  explicit Recent(Bytes most) : most_(most) {}

  // nullptr: it is not here.
  std::shared_ptr<const Record> find(const SubmissionId& id);

  // Keeps what the store has said, if it is over and small, unless anything was forgotten since
  // `look` was taken, before the store was asked: it may be gone by now.
  using Look = std::uint64_t;
  Look begin_look() const;
  void keep(std::shared_ptr<const Record> record, Look look);

  // They are no longer in the store. To be called when that is so, not before.
  void forget(std::span<const SubmissionId> ids);
  void forget_all();

  // Whether it can be written out as JSON in some microseconds.
  static bool is_small(const Record& record);

 private:
  struct Entry {
    std::shared_ptr<const Record> record;
    std::size_t size = 0;
  };
  using Entries = std::list<Entry>;

  void erase(Entries::iterator entry);  // With the lock held.

  const Bytes most_;
  mutable std::mutex mutex_;  // Guards the rest.
  Entries entries_;           // The one asked for last is in front.
  std::unordered_map<std::string, Entries::iterator> by_id_;
  std::size_t held_ = 0;
  Look looks_ = 0;  // How often something was forgotten.
};

}  // namespace engine
