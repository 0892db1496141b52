#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/units.h"

namespace engine {

// Adds the time that passes to one of several sums at a time.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), since_(clock.steady()) {}

  // From now on time goes to `sum`, which outlives the stopwatch or the next call.
  void charge(Microseconds& sum) {
    stop();
    sum_ = &sum;
  }
  void stop() {
    const SteadyTime now = clock_.steady();
    if (sum_ != nullptr) *sum_ += std::chrono::duration_cast<Microseconds>(now - since_);
    since_ = now;
    sum_ = nullptr;
  }

 private:
  const Clock& clock_;
  SteadyTime since_;
  Microseconds* sum_ = nullptr;
};

}  // namespace engine
