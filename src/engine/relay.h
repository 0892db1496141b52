#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/errands.h"
#include "engine/hub.h"
#include "engine/reconciler.h"
#include "engine/runs.h"
#include "engine/wire.h"

namespace engine {

// Brings to this process's listeners what becomes of submissions at others: by the queue's events,
// and by looking into the store now and then, since events may be missed.
class Relay {
 public:
  struct Options {
    Milliseconds interval{2'000};  // Between two looks.
    std::size_t batch = 500;       // Submissions of one look.
  };

  // All outlive it.
  Relay(Store& store, Queue& queue, const Wire& wire, Hub& hub, Runs& runs, Errands& errands,
        Reconciler& reconciler, Options options);

  void start();
  void stop();  // Joins the thread; the queue is closed by then.

 private:
  void hear(const Queue::Event& event);  // On the queue's thread.
  void refresh(const SubmissionId& id);
  void loop(const std::stop_token& stop);
  void look(const std::stop_token& stop);

  Store& store_;
  Queue& queue_;
  const Wire& wire_;
  Hub& hub_;
  Runs& runs_;
  Errands& errands_;
  Reconciler& reconciler_;
  const Options options_;
  SubmissionId looked_at_;  // The last of the latest look.
  std::mutex mutex_;
  std::condition_variable_any bell_;  // Rung by the stop token only.
  std::jthread thread_;
};

}  // namespace engine
