#pragma once

#include <array>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/boxes.h"

namespace engine::sandbox {

// Reads a run's stdout and stderr up to one limit for both. What is past it is not kept, so a flood
// costs no more memory than the limit.
class OutputCollector {
 public:
  OutputCollector(Bytes limit, Observer* observer) : limit_(limit), observer_(observer) {}

  Status open();  // kUnavailable: no pipe left.
  int write_end(Stream stream) const { return pipe(stream).write_end.get(); }
  void close_write_ends();

  // To poll; -1 at the end of the stream.
  int fd(Stream stream) const { return pipe(stream).read_end.get(); }
  void read(Stream stream);  // What is there, once.
  void drain();              // All that is there.
  bool over_limit() const { return over_limit_; }

  void move_into(RunReport& report);

 private:
  struct Pipe {
    Fd read_end;
    Fd write_end;
    std::string text;
  };
  const Pipe& pipe(Stream stream) const { return pipes_[static_cast<std::size_t>(stream)]; }
  Pipe& pipe(Stream stream) { return pipes_[static_cast<std::size_t>(stream)]; }
  bool read_some(Stream stream);
  void keep(Stream stream, std::string_view bytes);

  Bytes limit_;
  Observer* observer_;
  std::array<Pipe, 2> pipes_;
  std::string log_;
  bool over_limit_ = false;
};

}  // namespace engine::sandbox
