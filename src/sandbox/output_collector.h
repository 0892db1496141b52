#pragma once

#include <array>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/boxes.h"
#include "sandbox/kept_output.h"

namespace engine::sandbox {

// Reads a run's stdout and stderr from pipes, up to one limit for both.
//
// Keeps the ends that the program writes to: that it closes them is no news, as the run's end is
// told otherwise, and would wake who polls.
class OutputCollector {
 public:
  OutputCollector(Bytes limit, Observer* observer) : kept_(limit, observer) {}

  Status open();  // kUnavailable: no pipe left.
  void observe_by(Observer* observer) { kept_.observe_by(observer); }
  int write_end(Stream stream) const { return pipe(stream).write_end.get(); }
  int fd(Stream stream) const { return pipe(stream).read_end.get(); }  // To poll.
  void read(Stream stream);                                            // What is there, once.
  void drain();                                                        // All that is there.
  bool over_limit() const { return kept_.over_limit(); }

  void move_into(RunReport& report) { kept_.move_into(report); }

 private:
  struct Pipe {
    Fd read_end;
    Fd write_end;
  };
  const Pipe& pipe(Stream stream) const { return pipes_[static_cast<std::size_t>(stream)]; }
  Pipe& pipe(Stream stream) { return pipes_[static_cast<std::size_t>(stream)]; }
  bool read_some(Stream stream);

  KeptOutput kept_;
  std::array<Pipe, 2> pipes_;
};

}  // namespace engine::sandbox
