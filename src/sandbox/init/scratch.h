#pragma once

#include <cstdint>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// A life's only writable file system: one tmpfs with the work directory, /tmp and /dev/shm, so one
// size and one count of inodes hold for all three. The mother makes it and keeps hold of it, the
// life shows it to itself. Errors are errno values, 0 is success.
class Scratch {
 public:
  // Makes one that nobody sees yet. There must be none.
  int make(const wire::ScratchSize& size);
  // Mounts it and its parts in the calling process' namespace, which has not seen it before.
  int show() const;
  // Lets go of it; it is gone with the last who sees it.
  void drop();

  int resize(const wire::ScratchSize& size);

  // Makes it as new where it is, at a seventh of the price of another one: only where a few files
  // are all that is in it, and nothing else was changed. False: it has to be another one; what was
  // in it may be gone already. Nobody may be at work in it.
  bool empty(const wire::ScratchSize& size);

  // The work directory's descriptor, for the caller to close; negative with errno.
  int open_work() const;

 private:
  static constexpr int kParts = 3;

  // What is used of it by the kernel's own count, which nothing in it escapes.
  struct Used {
    std::uint64_t blocks = 0;
    std::uint64_t inodes = 0;
    bool operator==(const Used&) const = default;
  };

  bool measure(Used& used) const;
  bool open_parts();
  bool remove_all_files() const;

  int root_ = -1;
  int parts_[kParts] = {-1, -1, -1};  // From the first time that they are emptied on.
  wire::ScratchSize size_;
  Used used_when_new_;
};

}  // namespace engine::sandbox::init
