#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "language/language.h"
#include "store/store.h"

namespace engine {

std::string host_name();

// The workers of all processes that share a store: tells the others what this one can run, and
// knows what they can. Safe from any thread.
class Fleet {
 public:
  struct Options {
    bool shared = false;  // False: this process is all there is, and nothing is announced.
    std::string name;     // Of this worker, unique.
    int slots = 0;        // 0: it only looks.
    Milliseconds heartbeat{5'000};
    Milliseconds lifetime{20'000};  // Without a word for so long, a worker counts as dead.
  };

  // Both outlive it.
  Fleet(Store& store, const Languages& languages, Options options);

  // Announces this worker and looks for the others, at once and then with every heartbeat.
  Status start();
  void stop();  // Joins the thread; says farewell, so that nobody waits for the lifetime to pass.

  // The version of a language where it can be run: here, or else at another living worker; empty:
  // nowhere.
  std::string version_of(const Languages::Entry& entry) const;

  // The languages with what is known of them anywhere.
  Languages offered() const;

  // True when this process may be given what it cannot run.
  bool is_shared() const { return options_.shared; }

  // One sentence when nobody runs anything.
  std::optional<std::string> problem() const;

 private:
  void loop(const std::stop_token& stop);
  Status beat();

  Store& store_;
  const Languages& languages_;
  const Options options_;
  mutable std::mutex mutex_;  // Guards versions_ and alive_.
  std::condition_variable_any bell_;
  std::map<std::string, std::string> versions_;  // By language, at any living worker.
  std::size_t alive_ = 0;
  std::jthread thread_;
};

}  // namespace engine
