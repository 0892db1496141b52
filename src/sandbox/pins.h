#pragma once

#include <cstddef>
#include <vector>

namespace engine::sandbox {

// Spreads the boxes that are in use over pins: one for each processor that boxes are tied to, or a
// single one where they are tied to none. Not safe from several threads.
class Pins {
 public:
  explicit Pins(int count);

  int count() const { return static_cast<int>(owners_.size()); }
  // Whether a box of this pin may be taken: no other pin has fewer boxes in use.
  bool is_next(int pin) const;

  void take(int pin) { ++owners_[index(pin)]; }
  void give_back(int pin) { --owners_[index(pin)]; }

 private:
  static std::size_t index(int pin) { return static_cast<std::size_t>(pin); }

  std::vector<int> owners_;
};

}  // namespace engine::sandbox
