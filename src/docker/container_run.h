#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"
#include "docker/container.h"
#include "docker/protocol.h"
#include "sandbox/boxes.h"
#include "sandbox/kept_output.h"
#include "sandbox/taken_files.h"

namespace engine::docker {

// One run in a container that is ready for it: hands everything in, keeps what comes, and says what
// happened. The supervisor holds the limits; the clock and the caps here are for the case that it
// does not. Used once.
class ContainerRun {
 public:
  ContainerRun(const sandbox::RunSpec& spec, const EngineClient& engine, Container& container);

  // As Box::run(). Marks the container as lost when it is of no more use.
  Result<sandbox::RunReport> run();

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Phase { kSending, kRunning, kTaking, kOver };

  Status watch(int stop_fd);
  Status take_frames();
  Status take(const SupervisorLink::Frame& frame);
  Status take_ended(const SupervisorLink::Frame& frame);
  Status take_file(const SupervisorLink::Frame& frame);
  void tell(const SupervisorLink::Frame& frame);
  void enter(Phase phase, std::chrono::seconds patience);

  Result<sandbox::RunReport> explain_loss(Error error);
  sandbox::RunReport report_cut(sandbox::End end);
  sandbox::RunReport report();
  sandbox::End decide_end(const sandbox::RunReport& report);
  bool ran_out_of_memory();

  const sandbox::RunSpec& spec_;
  const EngineClient& engine_;
  Container& container_;
  sandbox::KeptOutput output_;
  sandbox::TakenFiles taken_;
  std::vector<sandbox::TakenFile> files_;

  Phase phase_ = Phase::kSending;
  Time deadline_;  // Of the phase.
  Time started_;
  std::size_t taken_count_ = 0;
  bool stopped_ = false;
  bool overdue_ = false;
  sandbox::LiveUsage usage_;
  std::optional<wire::Ended> ended_;
};

}  // namespace engine::docker
