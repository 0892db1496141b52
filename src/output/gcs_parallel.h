#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"

namespace engine::gcs {

// Calls `work(i)`, which gives a Status, for each i below `count`, in up to `threads` threads; this
// one is one of them. After a failure no more is begun; the first is returned.
template <typename Work>
Status for_each_at_once(std::size_t count, int threads, Work work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::optional<Error> failure;
  const auto take_part = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      Status status = work(i);
      if (status) continue;
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(status).error();
    }
  };
  {
    std::vector<std::jthread> others;
    const auto most = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    for (std::size_t i = 1; i < most; ++i)
      others.emplace_back(take_part);
    take_part();
  }
  if (failure) return *std::move(failure);
  return Ok{};
}

}  // namespace engine::gcs
