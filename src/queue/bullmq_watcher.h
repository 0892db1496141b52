#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "queue/bullmq_wire.h"
#include "queue/queue.h"
#include "queue/redis_pool.h"

namespace engine::bullmq {

// Reads the queue's stream of events on a connection of its own, while somebody listens. After a
// cut it goes on where it was; what Redis has trimmed from the stream meanwhile is lost.
class Watcher {
 public:
  // Everything outlives it.
  Watcher(redis::Pool& pool, const Wire& wire) : pool_(pool), wire_(wire) {}
  ~Watcher() { stop(); }

  void watch(Queue::Listener listener);  // See Queue.
  void stop();                           // For good.

 private:
  void loop(const std::stop_token& stop);
  Status read();
  Status find_end();
  void tell(const redis::Reply& fields);

  redis::Pool& pool_;
  const Wire& wire_;
  std::string last_;  // Of the events: the thread's own, once it runs.

  std::mutex calling_;  // Guards the listener, and is held while it is called.
  Queue::Listener listener_;

  std::mutex mutex_;  // Guards the rest.
  std::condition_variable_any bell_;
  std::shared_ptr<redis::Connection> line_;
  bool is_stopped_ = false;
  std::jthread thread_;
};

}  // namespace engine::bullmq
