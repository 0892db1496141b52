#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>

#include "base/log.h"
#include "sandbox/freezer/embedded.h"
#include "sandbox/manager_client.h"
#include "sandbox/native.h"
#include "sandbox/native_box.h"
#include "sandbox/pins.h"

namespace engine::sandbox {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kAcquirePatience = 20s;
constexpr auto kFirstPause = 5ms;  // After a build that failed; doubles with each further one.
constexpr auto kLongestPause = 2s;
constexpr int kAcquireAttempts = 3;

// After a box was given back, what came out of it is stored and answered. Ending its life and
// beginning another loads the kernel for about as long, so that waits unless boxes run low.
constexpr auto kPoliteness = 3ms;

// The boxes of one image.
struct Shelf {
  std::string image;
  unsigned number = 0;     // Of the image.
  bool wanted = false;     // Somebody asked for it, so it is kept stocked.
  std::vector<int> alive;  // Waiting, used or with an owner; of each pin.
  // For an owner. In the order in which they were told to get ready, so that the first is the one
  // most likely to be so.
  std::deque<std::unique_ptr<LiveBox>> waiting;
  std::vector<std::unique_ptr<LiveBox>> used;  // Given back, to begin another life.
  ScratchSize size;            // As the last run asked for: the next is likely to ask the same.
  std::uint64_t failures = 0;  // Builds that failed; tells a waiting owner that its turn is over.
  Error last_failure;
};

class NativeBoxes final : public Boxes {
 public:
  NativeBoxes(std::unique_ptr<ManagerClient> manager, const NativeOptions& options)
      : manager_(std::move(manager)),
        reuse_(options.reuse),
        stock_((reuse_ == Reuse::kPool ? options.slots + 1 : 2 * options.slots + 1) + options.kept),
        pins_(options.pinned ? options.slots : 1),
        low_(std::max(1, (options.slots / 2 + 1) / pins_.count())) {
    for (const Image& image : options.images) {
      Shelf& shelf = shelves_.emplace_back();
      shelf.image = image.name;
      shelf.number = static_cast<unsigned>(shelves_.size() - 1);
      shelf.size = {RunLimits{}.disk, RunLimits{}.files};
      shelf.alive.resize(static_cast<std::size_t>(pins_.count()));
    }
    shelves_.front().wanted = true;
    keeper_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
  }

  Result<std::unique_ptr<Box>> acquire(const std::string& image) override {
    const auto shelf = std::find_if(shelves_.begin(), shelves_.end(),
                                    [&](const Shelf& one) { return one.image == image; });
    if (shelf == shelves_.end()) {
      return Error{Errc::kInvalid, "image '" + image + "': no such image is configured", {}};
    }
    if (manager_->is_dead()) {
      return Error{Errc::kUnavailable, "the box manager is dead; restart the engine", {}};
    }
    Error error;
    for (int attempt = 0; attempt < kAcquireAttempts; ++attempt) {
      TRY(std::unique_ptr<LiveBox> live, take(*shelf));
      const Status ready = live->link.await_ready(steady_clock::now() + kBoxPatience);
      if (ready) return wrap(std::move(live));
      error = ready.error();
      log::warning("a box is not usable", {
                                              {"error", error.message}
      });
      live->lost = true;
      take_back(std::move(live));
    }
    return error;
  }

  bool can_thaw() const override { return !python_freezer().empty(); }

  bool can_converse() const override { return true; }

  bool can_start_ahead() const override { return true; }

  Reuse reuse() const override { return reuse_; }

  int ready() const override {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const Shelf& shelf : shelves_)
      count += static_cast<int>(shelf.waiting.size());
    return count;
  }

 private:
  std::unique_ptr<Box> wrap(std::unique_ptr<LiveBox> live) {
    return std::make_unique<NativeBox>(
        std::move(live), reuse_ == Reuse::kPool,
        [this](std::unique_ptr<LiveBox> back) { take_back(std::move(back)); });
  }

  Result<std::unique_ptr<LiveBox>> take(Shelf& shelf) {
    std::unique_lock lock(mutex_);
    shelf.wanted = true;
    const std::uint64_t failures = shelf.failures;
    auto at = pick(shelf);
    if (at == shelf.waiting.end()) work_.notify_one();
    const bool came = came_.wait_for(lock, kAcquirePatience, [&] {
      at = pick(shelf);
      return at != shelf.waiting.end() || shelf.failures != failures;
    });
    if (!came) return Error{Errc::kUnavailable, "no box became ready in time", {}};
    if (at == shelf.waiting.end()) return shelf.last_failure;
    auto live = std::move(*at);
    shelf.waiting.erase(at);
    pins_.take(live->pin);
    if (runs_low(shelf) || is_short(shelf)) work_.notify_one();
    return live;
  }

  // The one that waits longest of those whose pin is next; the end of those that wait if none does.
  // In a pool, of those that were used on this processor, if there are any: their processes' memory
  // is in its caches, and nobody waits for the other one to wake up.
  std::deque<std::unique_ptr<LiveBox>>::iterator pick(Shelf& shelf) const {
    const auto is_next = [this](const auto& live) { return pins_.is_next(live->pin); };
    const auto longest = std::find_if(shelf.waiting.begin(), shelf.waiting.end(), is_next);
    if (reuse_ != Reuse::kPool) return longest;
    const auto near = std::find_if(longest, shelf.waiting.end(),
                                   [here = ::sched_getcpu(), is_next](const auto& live) {
                                     return live->processor == here && is_next(live);
                                   });
    return near == shelf.waiting.end() ? longest : near;
  }

  // From the destructor of a NativeBox.
  void take_back(std::unique_ptr<LiveBox> live) {
    live->processor = ::sched_getcpu();
    const std::lock_guard lock(mutex_);
    pins_.give_back(live->pin);
    came_.notify_all();  // Another pin may be next, of which boxes wait.
    Shelf& shelf = shelves_[live->image];
    shelf.size = live->link.size();
    if (live->lost) return discard(shelf, std::move(live));
    if (reuse_ == Reuse::kPool) return shelf.waiting.push_back(std::move(live));
    const bool is_known = !shelf.used.empty();
    shelf.used.push_back(std::move(live));
    if (is_busy(shelf)) return renew(shelf);
    polite_until_ = steady_clock::now() + kPoliteness;
    if (!is_known) work_.notify_one();
  }

  void discard(Shelf& shelf, std::unique_ptr<LiveBox> live) {
    --alive(shelf, live->pin);
    discarded_.push_back(std::move(live));
    polite_until_ = steady_clock::now() + kPoliteness;
    work_.notify_one();
  }

  // Only the first boxes are built one by one, and those in place of what was lost. Between runs,
  // whose time building would disturb, or when the shelf runs low.
  bool is_short(const Shelf& shelf) const {
    const auto idle = static_cast<int>(shelf.waiting.size() + shelf.used.size());
    const int all = count(shelf);
    return shelf.wanted && all < stock_ && (idle == all || lacks_boxes(shelf));
  }

  bool lacks_boxes(const Shelf& shelf) const {
    if (!shelf.wanted) return false;
    for (int pin = 0; pin < pins_.count(); ++pin) {
      const auto waiting = std::count_if(shelf.waiting.begin(), shelf.waiting.end(),
                                         [pin](const auto& live) { return live->pin == pin; });
      if (waiting < low_) return true;
    }
    return false;
  }

  // Whether the boxes that wait will hardly do until the keeper is awake: with all slots in use.
  bool is_busy(const Shelf& shelf) const {
    const int few = 2 * low_ * pins_.count();
    return lacks_boxes(shelf) || static_cast<int>(shelf.waiting.size()) < few;
  }

  static int& alive(Shelf& shelf, int pin) { return shelf.alive[static_cast<std::size_t>(pin)]; }

  static int count(const Shelf& shelf) {
    return std::accumulate(shelf.alive.begin(), shelf.alive.end(), 0);
  }

  // Whether there is something to be done about it at once.
  bool runs_low(const Shelf& shelf) const {
    return lacks_boxes(shelf) && (count(shelf) < stock_ || !shelf.used.empty());
  }

  bool any_runs_low() const {
    return std::any_of(shelves_.begin(), shelves_.end(),
                       [this](const Shelf& shelf) { return runs_low(shelf); });
  }

  // Whether too much is left to be destroyed for boxes to be built first.
  bool is_littered() const { return static_cast<int>(discarded_.size()) > stock_; }

  bool has_used() const {
    return std::any_of(shelves_.begin(), shelves_.end(),
                       [](const Shelf& shelf) { return !shelf.used.empty(); });
  }

  // A used box is destroyed and another made in its place, by its own mother; nobody waits for it.
  void renew(Shelf& shelf) {
    for (auto& live : std::exchange(shelf.used, {})) {
      if (!live->link.order_birth(shelf.size)) {
        discard(shelf, std::move(live));
        continue;
      }
      shelf.waiting.push_back(std::move(live));
      came_.notify_all();
    }
  }

  // The image with the emptiest shelf; null when all are stocked.
  Shelf* shortest() {
    Shelf* shortest = nullptr;
    for (Shelf& shelf : shelves_) {
      const bool shorter = shortest == nullptr || shelf.waiting.size() < shortest->waiting.size();
      if (is_short(shelf) && shorter) shortest = &shelf;
    }
    return shortest;
  }

  // The life of the thread that has used boxes renewed, and makes all of them ahead of need.
  void keep(const std::stop_token& stop) {
    steady_clock::time_point not_before;
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const bool low = any_runs_low();
      const auto now = steady_clock::now();
      if (const auto until = polite_until_; !low && now < until) {
        work_.wait_until(lock, stop, until, [&] { return any_runs_low(); });
        continue;
      }
      for (Shelf& shelf : shelves_)
        renew(shelf);
      // Building comes first where boxes run low, unless it has to wait, perhaps for just this.
      if (!low || is_littered() || now < not_before) destroy_discarded(lock);
      Shelf* shelf = shortest();
      if (shelf == nullptr) {
        work_.wait(lock, stop,
                   [&] { return !discarded_.empty() || has_used() || shortest() != nullptr; });
      } else if (steady_clock::now() < not_before) {
        work_.wait_until(lock, stop, not_before, [&] { return !discarded_.empty() || has_used(); });
      } else if (build(*shelf, lock)) {
        pause_ = kFirstPause;
      } else {
        not_before = steady_clock::now() + pause_;
        pause_ = std::min<Milliseconds>(pause_ * 2, kLongestPause);
      }
    }
  }

  void destroy_discarded(std::unique_lock<std::mutex>& lock) {
    while (!discarded_.empty()) {
      const auto live = std::move(discarded_.back());
      discarded_.pop_back();
      lock.unlock();
      manager_->destroy(live->name);
      lock.lock();
    }
  }

  bool build(Shelf& shelf, std::unique_lock<std::mutex>& lock) {
    const ScratchSize size = shelf.size;
    const auto fewest = std::min_element(shelf.alive.begin(), shelf.alive.end());
    const auto pin = static_cast<int>(fewest - shelf.alive.begin());
    lock.unlock();
    auto live = build_live(shelf.number, pin, size);
    lock.lock();
    if (!live) {
      // Too many still die: that passes, and whoever waits goes on waiting for a while.
      const bool passes = live.error().code == Errc::kOverloaded && pause_ < kLongestPause;
      if (!passes) fail(shelf, std::move(live).error());
      return false;
    }
    ++alive(shelf, pin);
    shelf.waiting.push_back(*std::move(live));
    came_.notify_all();
    return true;
  }

  Result<std::unique_ptr<LiveBox>> build_live(unsigned image, int pin, const ScratchSize& size) {
    TRY(ManagerClient::BuiltBox built, manager_->build(image, pin));
    BoxLink link(manager_->mode(), std::move(built.mother), std::move(built.files));
    CHECK_OK(link.order_birth(size));
    return std::make_unique<LiveBox>(LiveBox{built.name, image, std::move(link), pin});
  }

  void fail(Shelf& shelf, Error error) {
    log::warning("a box cannot be built", {
                                              {"image", shelf.image  },
                                              {"error", error.message}
    });
    ++shelf.failures;
    shelf.last_failure = std::move(error);
    came_.notify_all();
  }

  const std::unique_ptr<ManagerClient> manager_;
  const Reuse reuse_;
  const int stock_;  // As many boxes of an image are alive.
  Pins pins_;
  const int low_;  // Fewer than so many of a pin that wait are too few.

  mutable std::mutex mutex_;
  std::condition_variable came_;      // A box came to a shelf, or a build failed.
  std::condition_variable_any work_;  // Something for the keeper.
  std::deque<Shelf> shelves_;         // Their number and names never change.
  std::vector<std::unique_ptr<LiveBox>> discarded_;
  steady_clock::time_point polite_until_;
  Milliseconds pause_{kFirstPause};
  std::jthread keeper_;  // Last: it uses all of the above.
};

}  // namespace

Result<std::unique_ptr<Boxes>> make_native_boxes(std::unique_ptr<Manager> manager,
                                                 const NativeOptions& options) {
  std::unique_ptr<ManagerClient> client(dynamic_cast<ManagerClient*>(manager.release()));
  if (client == nullptr) return Error{Errc::kInvalid, "not a manager of Manager::fork()", {}};
  return std::unique_ptr<Boxes>(std::make_unique<NativeBoxes>(std::move(client), options));
}

}  // namespace engine::sandbox
