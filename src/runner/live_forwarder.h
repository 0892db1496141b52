#pragma once

#include <algorithm>

#include "runner/runner.h"

namespace engine {

// Tells a submission's listener what the box says of one run, output up to kMostBytes.
class LiveForwarder : public sandbox::Observer {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 10;

  LiveForwarder(Progress& progress, int test) : progress_(progress), test_(test) {}

  bool on_start() override { return progress_.on_start(); }

  void on_usage(const sandbox::LiveUsage& usage) override { progress_.on_usage(test_, usage); }

  void on_output(sandbox::Stream stream, std::string_view bytes) override {
    bytes = bytes.substr(0, kMostBytes - sent_);
    if (bytes.empty()) return;
    sent_ += bytes.size();
    progress_.on_output(test_, stream, bytes);
  }

 private:
  Progress& progress_;
  const int test_;
  std::size_t sent_ = 0;
};

}  // namespace engine
