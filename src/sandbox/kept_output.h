#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/units.h"
#include "sandbox/boxes.h"

namespace engine::sandbox {

// What a run wrote, up to one limit for both streams. What is past it is not kept, so a flood costs
// no more memory than the limit.
class KeptOutput {
 public:
  KeptOutput(Bytes limit, Observer* observer) : limit_(limit), observer_(observer) {}

  void observe_by(Observer* observer) { observer_ = observer; }
  void keep(Stream stream, std::string_view bytes);
  bool over_limit() const { return over_limit_; }

  void move_into(RunReport& report);

 private:
  std::string& text(Stream stream) { return texts_[static_cast<std::size_t>(stream)]; }

  Bytes limit_;
  Observer* observer_;
  std::array<std::string, 2> texts_;
  std::string log_;
  bool over_limit_ = false;
};

}  // namespace engine::sandbox
