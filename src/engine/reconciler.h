#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "queue/queue.h"
#include "store/store.h"

namespace engine {

// Brings the queue in line with the store.
//
// Alone, whatever the store holds as unfinished is pushed: at start that rebuilds a queue that was
// lost with its process; later it makes good what could not be pushed when it should have been.
// An attempt that has ended, and only waits to be written down, is left alone.
//
// Where store and queue are shared, the process that leads compares the two now and then. What the
// queue does not know, or holds as done, is pushed; what failed there is ended with its reason.
class Reconciler {
 public:
  struct Options {
    bool shared = false;
    Milliseconds interval{30'000};  // Between two comparisons, where they are shared.
    Milliseconds pause{500};        // Before the first new try; doubled up to `longest_pause`.
    Milliseconds longest_pause{30'000};
    Milliseconds delay_ceiling{0};  // Of a submission, however the wall clock may jump.
    // Whether what this attempt came to lies here, so that nobody is to run it again.
    std::function<bool(const SubmissionId&, int attempt)> has_ended = [](const SubmissionId&, int) {
      return false;
    };
  };

  // The ports and the clock outlive it.
  Reconciler(Store& store, Queue& queue, const Clock& clock, Options options);

  // Pushes everything, and gives back what was running when the last process ended; before any
  // worker runs. A queue that is full or away is no error: the rest is pushed later.
  // Where store and queue are shared, others may be running: then they are only compared, soon.
  Status recover();

  void start();
  void stop();  // Joins the thread.

  // Something unfinished may be missing in the queue. Quick; from any thread.
  void behind();

 private:
  enum class When { kStart, kLater };
  void loop(const std::stop_token& stop);
  bool wait(Milliseconds pause, const std::stop_token& stop);
  Status catch_up(const std::stop_token& stop);
  Result<bool> offer(const Unfinished& item, When when);
  Status give_back(const Unfinished& item);
  Status push_all(When when, const std::stop_token& stop);
  Status compare_all(const std::stop_token& stop);
  Status compare(const std::vector<Unfinished>& page);
  Status settle(const Unfinished& item, const Queue::Place& place);
  Status end(const SubmissionId& id, const std::string& reason);
  Status push(const Unfinished& item);

  Store& store_;
  Queue& queue_;
  const Clock& clock_;
  const Options options_;
  std::mutex mutex_;  // Guards behind_.
  std::condition_variable_any bell_;
  bool behind_ = false;
  std::jthread thread_;
};

}  // namespace engine
