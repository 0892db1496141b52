#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "sandbox/boxes.h"

namespace engine {

// Runs the commands of one submission in boxes, as many as the reuse policy asks for. A box that
// the host loses is replaced, a few times and with a pause between. Used by one thread.
class BoxSupply {
 public:
  // How often a command is tried before the host's failure is the caller's.
  static constexpr int kTries = 3;

  BoxSupply(sandbox::Boxes& boxes, std::string image, std::stop_token stop);

  // Has this box in place of the first one.
  void begin_with(std::unique_ptr<sandbox::Box> box) { box_ = std::move(box); }

  // Has a box ready, so that run() need not wait for one. Errors as for run().
  Status prepare();

  // kUnavailable: the host failed kTries times.  kConflict: a stop was requested.  kInvalid: no
  // such image, or a wrong spec.
  Result<sandbox::RunReport> run(const sandbox::RunSpec& spec);

  // The same, of what may be ended while the submission goes on: where only the stop of `spec` was
  // requested, and not the one of this supply, it is a report, of End::kStopped.
  Result<sandbox::RunReport> attempt(const sandbox::RunSpec& spec);

 private:
  Result<sandbox::RunReport> try_some_times(const sandbox::RunSpec& spec);
  Result<sandbox::RunReport> try_once(const sandbox::RunSpec& spec);
  void pause(int tries_so_far) const;

  sandbox::Boxes& boxes_;
  const std::string image_;
  const std::stop_token stop_;
  std::unique_ptr<sandbox::Box> box_;
};

}  // namespace engine
