#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "docker/container_spec.h"
#include "docker/docker.h"
#include "docker/engine_client.h"
#include "docker/testing/docker_daemon.h"
#include "sandbox/boxes.h"

namespace engine::docker {

inline std::vector<std::string> containers_of(const EngineClient& engine,
                                              const DockerOptions& options) {
  const auto found = engine.labelled(std::string(kInstanceLabel) + "=" + options.instance);
  EXPECT_TRUE(found) << found.error().message;
  std::vector<std::string> ids;
  if (found) {
    for (const auto& one : *found)
      ids.push_back(one.id);
  }
  return ids;
}

// A Docker Engine that tests share, and options for boxes on it.
class DockerBoxesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!daemon_problem().empty()) GTEST_SKIP() << daemon_problem();
    engine_ = std::make_unique<EngineClient>(*parse_address(shared_daemon().address()),
                                             Milliseconds{60'000});
    ASSERT_TRUE(engine_->negotiate());
    options_ = daemon_options(shared_daemon());
    count_losses();
  }

  void count_losses() {
    options_.on_loss = [this](Loss loss) { ++losses_[static_cast<std::size_t>(loss)]; };
  }
  int losses(Loss loss) const { return losses_[static_cast<std::size_t>(loss)]; }

  std::unique_ptr<sandbox::Boxes> make() {
    auto boxes = make_docker_boxes(options_);
    if (!boxes) throw std::runtime_error(boxes.error().message);
    return *std::move(boxes);
  }
  std::vector<std::string> containers() const { return containers_of(*engine_, options_); }

  // Does something to every container of this test.
  void to_all(const std::string& method, const std::string& verb) const {
    for (const std::string& id : containers()) {
      static_cast<void>(
          engine_->call({.method = method, .target = "/containers/" + id + "/" + verb}));
    }
  }

  std::unique_ptr<EngineClient> engine_;
  DockerOptions options_;

 private:
  std::array<std::atomic<int>, 3> losses_{};
};

}  // namespace engine::docker
