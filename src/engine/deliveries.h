#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/settlement.h"
#include "output/spool.h"

namespace engine {

// Delivers the outputs of attempts that could not be put where they belong when they were ready.
// Until then they lie in the spool, their submissions stay running with their leases renewed, and
// no slot is held. After a restart it delivers what the store still names as the current attempt,
// and drops the rest. What cannot be read any more is lost, and its submission tried again.
class Deliveries {
 public:
  struct Options {
    Milliseconds pause{1'000};  // After a failure; doubled up to `longest_pause`.
    Milliseconds longest_pause{30'000};
  };

  // All outlive it. Without a spool it takes nothing.
  Deliveries(const Engine::Ports& ports, Settlement& settlement, Options options);

  void start();
  void stop();  // Joins the thread; what is left stays in the spool.

  // Takes an attempt over that could not be put, as `why` says; false where there is no spool or no
  // room in it, and nothing has changed.
  bool take(Attempt& attempt, Execution& execution, const Error& why);

  // Looks at once: somebody waits for the end of a run that may be among them. From any thread.
  void wake();

  // Whether the outputs of this attempt wait here. From any thread.
  bool holds(const SubmissionId& id, int attempt) const;

  // So much waits that nothing more may be run.
  bool is_full() const;

  std::size_t waiting() const;
  // While something waits: why.
  std::optional<std::string> problem() const;

 private:
  enum class Delivery { kOver, kLater };
  void loop(const std::stop_token& stop);
  bool deliver_all(const std::stop_token& stop);
  Delivery deliver(const Spool::Key& key, bool away);
  Delivery drop(const Spool::Key& key);
  Delivery lose(const Spool::Key& key, const Error& why);
  Result<Execution> read(const Spool::Key& key);
  std::optional<Attempt> claim(const Spool::Key& key);
  bool is_current(const Record& record, const Spool::Key& key) const;
  Delivery finish(const Spool::Key& key, Record record, Outcome outcome);
  void note(const Error& why);
  void forget(const Spool::Key& key);

  const Engine::Ports& ports_;
  Settlement& settlement_;
  const Options options_;
  mutable std::mutex mutex_;  // Guards the spool and the rest.
  std::condition_variable_any bell_;
  std::map<Spool::Key, Attempt> ours_;  // Whose lease this process holds.
  std::string why_;                     // The last failure, until everything is delivered.
  bool news_ = false;
  std::jthread thread_;
};

}  // namespace engine
