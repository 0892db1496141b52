#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/box_link.h"
#include "sandbox/boxes.h"
#include "sandbox/init/protocol.h"
#include "sandbox/output_collector.h"
#include "sandbox/stop_signal.h"

namespace engine::sandbox {

// One run in a box that is ready for it: starts it, reads its output, ends it at its limits, and
// says what happened when all of it is dead. Used once.
class RunMonitor {
 public:
  RunMonitor(const RunSpec& spec, BoxLink& link);  // Both outlive it.
  RunMonitor(const RunMonitor&) = delete;
  RunMonitor& operator=(const RunMonitor&) = delete;
  ~RunMonitor();

  // As Box::run(). After any error, and where box_is_lost() says so, the box is of no more use.
  Result<RunReport> run();

  // Instead: as Box::start_ahead(), and later, where serves() says so, the run that goes on from
  // there. The first spec's input says only whether there will be any.
  Status start_ahead(const std::string& program);
  bool serves(const RunSpec& spec) const;
  Result<RunReport> go_on(const RunSpec& spec);
  bool box_is_lost() const { return lost_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  Status start();
  Status await_opening(Time deadline);
  Status let_go();
  Result<RunReport> see_through(const StopSignal& stop);
  Result<Fd> open_input() const;
  std::array<int, 3> stdio(const Fd& input) const;
  void watch(int stop_fd);
  void take_events();
  void look_for_death();
  void take_note_of_fresh_start();
  void check_limits();
  Time next_check() const;
  void observe();

  Status end_all();
  Result<RunReport> report();
  End decide_end(const RunReport& report) const;
  void describe_main(RunReport& report) const;
  bool stalled(const RunReport& report) const;
  Microseconds cpu_used() const;
  Bytes of_the_run(Bytes memory) const;

  const RunSpec* spec_;
  BoxLink& link_;
  OutputCollector output_;
  Bytes files_memory_;  // What the files that we bring take of the box's memory.

  std::string program_;  // What was started ahead opens it.
  Fd program_end_;       // What is written here is the program.
  Fd input_;             // Of what was started ahead; filled when it goes on.

  Time started_;
  Time last_look_;  // When the limits were last checked.
  Time next_observation_;
  Microseconds cpu_{0};
  Microseconds spawner_cpu_{0};
  Bytes uncharged_;  // What a thawed interpreter uses without its box being charged for it.
  std::chrono::nanoseconds lateness_{0};  // The most that we woke up after we meant to.

  std::optional<wire::RunReply> ended_;  // The main process, by the spawner's word.
  std::optional<End> killed_for_;        // Ours.
  Time killed_at_;
  bool out_of_memory_ = false;  // Something of the run was killed for it.
  bool thawed_ = false;
  bool ahead_ = false;
  bool quiet_ = true;  // Output is not looked at yet.
  bool spawner_dead_ = false;
  bool lost_ = false;
};

}  // namespace engine::sandbox
