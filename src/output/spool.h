#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "domain/object.h"
#include "domain/submission.h"

namespace engine {

// Keeps what attempts produced on this machine's disk, durably, while it cannot be delivered to
// where it belongs. Bounded. Calls wait for the disk; not safe from several threads.
class Spool {
 public:
  struct Key {
    SubmissionId id;
    int attempt = 0;
    auto operator<=>(const Key&) const = default;
  };

  // `directory` is made if it is missing, and is nobody else's. kUnavailable: it cannot be used.
  static Result<std::unique_ptr<Spool>> open(std::string directory, Bytes most);

  // kOverloaded: it is full, or the disk is.
  Status put(const Key& key, const std::vector<Object>& objects);

  // kNotFound: nothing is kept for the key.  kInternal: it is damaged.
  Result<std::vector<Object>> get(const Key& key) const;

  bool holds(const Key& key) const;
  void remove(const Key& key);

  std::vector<Key> keys() const;  // What an earlier life left included.
  bool is_full() const { return held_ >= most_; }

 private:
  Spool(std::string directory, Bytes most) : directory_(std::move(directory)), most_(most) {}
  std::string path_of(const Key& key) const;

  const std::string directory_;
  const Bytes most_;
  Bytes held_;
};

}  // namespace engine
