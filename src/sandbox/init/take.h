#pragma once

#include <cstddef>
#include <cstdint>

namespace engine::sandbox::init {

// Where found files go. False: the worker is gone, stop.
class Taker {
 public:
  virtual bool file(const char* name, std::size_t length, int fd, unsigned mode) = 0;
  virtual bool problem(const char* name, std::size_t length, int error) = 0;

 protected:
  ~Taker() = default;
};

// Opens one file below `work`, the work directory's descriptor, and hands it over, or says why not.
// EINVAL: no regular file; EMLINK: it has a second name, so it may be something else's.
bool take_named(int work, const char* name, std::size_t length, Taker& taker);

// Hands over every regular file below the work directory, but those that the box's root owns: we
// brought those. E2BIG: there is more than `max_files`, or deeper than may be.
int take_all(int work, std::uint64_t max_files, Taker& taker);

}  // namespace engine::sandbox::init
