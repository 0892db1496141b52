#pragma once

namespace engine::sandbox::init {

// How soon the kernel ends this process when the host is out of memory. Children inherit it, so the
// mother changes hers for the moment in which she makes a spawner: for each to change its own would
// cost a path through its new /proc.
class OomScore {
 public:
  // Of the calling process, before anything foreign runs: it becomes dumpable for a moment, as
  // others do not own their files in /proc. False with errno.
  bool open();

  // Before all others.
  bool volunteer() const;
  // As it was found.
  void restore() const;

 private:
  int file_ = -1;
  int size_ = 0;
  char found_[8] = {};
};

}  // namespace engine::sandbox::init
