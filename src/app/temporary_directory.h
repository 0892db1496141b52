#pragma once

#include <string>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace engine::app {

// A directory of our own below $TMPDIR, removed with all that is in it when this ends, however it
// ends: by a small process that waits for that, since we may have given up the right to remove it
// by then, or may have been killed. Make it before the first thread.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory(std::string path, Fd alive, pid_t remover)
      : path_(std::move(path)), alive_(std::move(alive)), remover_(remover) {}
  std::string path_;
  Fd alive_;  // The remover acts when the last copy of it is closed.
  pid_t remover_ = -1;
};

}  // namespace engine::app
