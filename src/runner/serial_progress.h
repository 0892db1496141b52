#pragma once

#include <mutex>

#include "runner/runner.h"

namespace engine {

// Brings what several threads tell to one listener, one call at a time.
class SerialProgress final : public Progress {
 public:
  explicit SerialProgress(Progress& listener) : listener_(listener) {}

  bool on_start() override {
    const std::lock_guard lock(mutex_);
    return listener_.on_start();
  }
  void on_phase(Phase phase, int test) override {
    const std::lock_guard lock(mutex_);
    listener_.on_phase(phase, test);
  }
  void on_usage(int test, const sandbox::LiveUsage& usage) override {
    const std::lock_guard lock(mutex_);
    listener_.on_usage(test, usage);
  }
  void on_output(int test, sandbox::Stream stream, std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    listener_.on_output(test, stream, bytes);
  }

 private:
  std::mutex mutex_;
  Progress& listener_;
};

}  // namespace engine
