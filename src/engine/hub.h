#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/engine.h"

namespace engine {

// Carries what happens to submissions to whoever listens, and keeps of each running one the little
// that a late listener needs. Of a submission that neither runs nor is listened to it keeps
// nothing.
//
// Listeners are called on the thread that publishes, one at a time and in order per submission. No
// lock of the hub's table is held meanwhile, so a listener may end its own subscription; it must
// not end another's, nor wait for a thread that is just doing that.
class Hub : public std::enable_shared_from_this<Hub> {
  struct Channel;
  struct Subscriber;

 public:
  // One listener's subscription. It keeps the hub alive, so it may outlive the engine.
  class Watcher final : public Engine::Subscription {
   public:
    Watcher(std::shared_ptr<Hub> hub, SubmissionId id, Engine::Listener listener);
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() override;

    // Delivers the state so far, then everything that follows. `record` was read from the store
    // after the watcher was made; what was published since then is taken into account.
    void begin(std::shared_ptr<const Record> record);

   private:
    std::shared_ptr<Hub> hub_;
    SubmissionId id_;
    std::shared_ptr<Channel> channel_;
    std::shared_ptr<Subscriber> subscriber_;
  };

  // Live state is kept from open() to close(): around a run.
  void open(const SubmissionId& id);
  void close(const SubmissionId& id);

  // Tells every listener, unless the event is out of date (an older attempt, or nothing new), or
  // is output beyond what is shown live. A final state is the last event of its submission.
  void publish(const SubmissionId& id, Event event);

  // Whether anything is kept for the submission. For tests.
  bool knows(const SubmissionId& id) const;

  // Up to `most` of the submissions that somebody listens to, after the given one in the order of
  // their ids; empty id: from the beginning.
  std::vector<SubmissionId> watched(const SubmissionId& after, std::size_t most) const;

  // Output that is shown live: of one run, and of all runs together for a late listener.
  static constexpr Bytes kLiveBytesPerRun = 64_KiB;
  static constexpr Bytes kReplayBytes = 4_MiB;

 private:
  std::shared_ptr<Channel> pin(const SubmissionId& id);
  void unpin(const SubmissionId& id);
  std::shared_ptr<Channel> find(const SubmissionId& id) const;
  std::vector<std::shared_ptr<Subscriber>> subscribers(const Channel& channel) const;
  void add(Channel& channel, std::shared_ptr<Subscriber> subscriber);
  void remove(Channel& channel, const std::shared_ptr<Subscriber>& subscriber);

  mutable std::mutex mutex_;  // Guards the table, and each channel's pins and subscribers.
  std::map<SubmissionId, std::shared_ptr<Channel>> channels_;
};

}  // namespace engine
