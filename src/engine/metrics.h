#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/outcome.h"

namespace engine {

// Why an attempt is tried again.
enum class LossCause {
  kHost,      // No box, no compiler, a bug: something on this machine.
  kOverload,  // A disk is full, a limit of ours is reached.
  kPeer,      // Where outputs are kept is away.
  kStore,     // The store is away: the end could not be written down.
  kLease,     // It was somebody else's by then.
  kWorker,    // Its worker ended, or was cut off; told by the one who noticed.
};

// The engine's figures in Prometheus' text format. Safe from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  void submission_accepted(std::string_view language);
  void submission_finished(std::string_view language, const Outcome& outcome);
  void submission_cancelled(std::string_view language);
  void attempt_lost(LossCause cause);
  void output_retry(std::string_view cause);  // A request to the bucket is made once more.
  void docker_loss(std::string_view cause);   // A container, the Docker Engine or an image.
  void lease_lost();                          // Somebody else has the submission by now.
  void http_request(std::string_view method, std::string_view route, int status,
                    Microseconds duration);

  // One call to where submissions or outputs are kept.
  void peer_call(std::string_view peer, std::string_view call, bool answered,
                 Microseconds duration);

  // Read at every scrape: queue length, boxes ready, bytes stored, ...
  void gauge(std::string name, std::string help, std::function<double()> read);

  // Likewise, of several things of a kind, which `label` numbers from 0 on.
  void gauges(std::string name, std::string help, std::string label,
              std::function<std::vector<double>()> read);

  // Likewise, of what only grows: hits of a cache, ...
  void counter(std::string name, std::string help, std::function<double()> read);

  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
