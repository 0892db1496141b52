#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace engine::postgres {

// One kind of write, gathered: its thread commits whatever waits as one group, and while it does,
// the next group gathers. So the more wait, the less each costs, and nobody is made to wait for
// others to come. An Item has an `id` and a `size`, about what it holds in memory.
template <typename Item>
class Lane {
 public:
  // `commit` is called on the lane's thread, and deals with every item of its group. No id is twice
  // in a group: the second comes with the next.
  using Group = std::vector<Item>;
  explicit Lane(std::function<void(Group)> commit)
      : commit_(std::move(commit)), thread_([this] { run(); }) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane() {  // Ends when everything that waits is committed.
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      arrival_.notify_one();
    }
    thread_.join();
  }

  void push(Item item) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(item));
    arrival_.notify_one();
  }

 private:
  // Larger groups gain nothing, and everybody in one waits for its end.
  static constexpr std::size_t kGroupSize = 512;
  static constexpr std::size_t kGroupBytes = std::size_t{4} << 20;

  void run() {
    for (;;) {
      Group group = next();
      if (group.empty()) return;
      commit_(std::move(group));
    }
  }

  // Waits for work. Empty: there is none, and none will come.
  Group next() {
    std::unique_lock lock(mutex_);
    arrival_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    Group group;
    group.reserve(std::min(waiting_.size(), kGroupSize));
    std::set<std::string_view> ids;
    for (std::size_t bytes = 0; !waiting_.empty() && group.size() < kGroupSize &&
                                (group.empty() || bytes + waiting_.front().size <= kGroupBytes);) {
      if (ids.contains(waiting_.front().id.text)) break;
      bytes += waiting_.front().size;
      group.push_back(std::move(waiting_.front()));
      ids.insert(group.back().id.text);
      waiting_.pop_front();
    }
    return group;
  }

  const std::function<void(Group)> commit_;
  std::mutex mutex_;  // Guards all below.
  std::condition_variable arrival_;
  std::deque<Item> waiting_;
  bool ending_ = false;

  std::thread thread_;  // Last, so that it starts when all else is there.
};

}  // namespace engine::postgres
