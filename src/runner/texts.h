#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "domain/object.h"
#include "domain/outcome.h"
#include "sandbox/boxes.h"

namespace engine {

// Turns what runs printed and left behind into an answer's texts and the objects they name. Bounds
// what one submission can make the engine hold: with many tests the inline heads get shorter, and
// past kMostBytes a stream keeps its head only.
class Texts {
 public:
  static constexpr Bytes kMostBytes = 128_MiB;       // Of all objects but the log.
  static constexpr Bytes kMostLogBytes = 16_MiB;     // Of the log.
  static constexpr Bytes kMostInlineBytes = 16_MiB;  // Of all heads of the runs' streams.

  explicit Texts(std::size_t tests);

  // Keeps `bytes` as the object `name`, if there are any.
  Text stream(std::string name, std::string bytes, bool truncated);

  // A file of a run, as the object runs/<run>/files/<file>.
  OutputFile file(std::size_t run, std::size_t file, sandbox::TakenFile taken);

  void log(std::string_view bytes);

  // All objects, "log.txt" among them; the log is there even if it is empty.
  std::vector<Object> take();

 private:
  bool keep(std::string name, std::string bytes);
  Bytes left() const { return kMostBytes - used_; }

  const std::size_t head_bytes_;
  Bytes used_;
  std::string log_;
  std::vector<Object> objects_;
};

inline constexpr const char* kLogObject = "log.txt";

}  // namespace engine
