#pragma once

#include <cstdint>

#include <sys/types.h>

#include "docker/protocol.h"
#include "docker/supervisor/meter.h"

namespace engine::docker::supervisor {

// One run, from its start until nothing of it is alive: passes its streams on, and ends it at its
// limits. Used once.
class Run {
 public:
  struct Job {
    std::uint64_t id = 0;
    wire::RunRequest limits;
    sandbox::wire::RunCommand command;
    unsigned user = 0;
  };

  // `children`: a signalfd for SIGCHLD.
  Run(const Job& job, Meter& meter, int children) : job_(job), meter_(meter), children_(children) {}

  wire::Ended go();

 private:
  bool start();
  void watch();
  void take_input();
  void feed_input();
  void pass_on(int& from, wire::Kind kind);
  void flush();
  void reap();
  void check_limits();
  void observe();
  std::int64_t next_check() const;
  void kill_all();
  void drain(int& from, wire::Kind kind);
  bool read_output(int& from, wire::Kind kind);
  void put(wire::Kind kind, const void* bytes, std::size_t size);
  void finish();

  const Job& job_;
  Meter& meter_;
  int children_;

  pid_t main_ = -1;
  int input_ = -1;  // Our ends of the program's streams; -1 when they are done with.
  int output_ = -1;
  int errors_ = -1;
  std::int64_t output_left_ = 0;

  wire::Header incoming_;        // Of the piece of input that is coming in,
  std::size_t header_have_ = 0;  // so far.
  std::size_t piece_left_ = 0;   // Of it, to be read.
  std::size_t input_from_ = 0;   // What of it waits for the program.
  std::size_t input_to_ = 0;
  std::size_t outgoing_from_ = 0;  // What waits for the worker.
  std::size_t outgoing_to_ = 0;

  std::int64_t started_ = 0;  // Nanoseconds of the monotonic clock, like all times here.
  std::int64_t last_look_ = 0;
  std::int64_t next_observation_ = 0;
  std::int64_t cpu_us_ = 0;
  std::int64_t late_ = 0;
  std::int64_t ended_at_ = 0;
  std::int64_t largest_ = 0;
  wire::Ended ended_;
};

}  // namespace engine::docker::supervisor
