#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "base/testing/unix_proxy.h"
#include "docker/testing/docker_boxes_fixture.h"
#include "sandbox/testing/box_contract.h"

// What becomes of containers when the engine takes a call and never answers.
namespace engine::docker {
namespace {

using sandbox::Boxes;
using sandbox::Reuse;
using sandbox::RunReport;
using sandbox::RunSpec;
using sandbox::shell;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DockerBoxesBehindAProxy : public DockerBoxesTest {
 protected:
  void SetUp() override {
    DockerBoxesTest::SetUp();
    if (IsSkipped()) return;
    proxy_.emplace(parse_address(shared_daemon().address())->socket, "socket");
    options_.engine = "unix://" + proxy_->path();
    options_.patience = Milliseconds{2'000};
    options_.reuse = Reuse::kRun;
  }

  static Result<RunReport> run(Boxes& boxes) {
    return (*boxes.acquire("host"))->run(shell("echo here"));
  }
  // A busy machine may need longer for a container than such patience.
  static void expect_to_run(Boxes& boxes) {
    auto report = run(boxes);
    for (int tries = 0; !report && tries < 20; ++tries)
      report = run(boxes);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->stdout_text, "here\n");
  }
  void expect_no_container_soon() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!containers().empty() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_THAT(containers(), IsEmpty());
  }

  std::optional<UnixProxy> proxy_;
};

// What the engine does with a call that it never answers.
struct Silence {
  std::string name;
  std::string call;
  UnixProxy::Fate fate;
};

class DockerBoxesUnanswered : public DockerBoxesBehindAProxy,
                              public ::testing::WithParamInterface<Silence> {};

TEST_P(DockerBoxesUnanswered, GoOnAndLeaveNothingBehind) {
  const auto boxes = make();
  expect_to_run(*boxes);
  expect_no_container_soon();
  const int before = losses(Loss::kEngine);
  proxy_->meddle(GetParam().call, GetParam().fate, 1);
  const auto met = run(*boxes);
  if (GetParam().call.starts_with("DELETE")) {  // The run is over by then.
    ASSERT_TRUE(met) << met.error().message;
  } else {
    ASSERT_FALSE(met);
    EXPECT_EQ(met.error().code, Errc::kUnavailable);
    EXPECT_THAT(met.error().message, HasSubstr("does not answer in time"));
    EXPECT_GT(losses(Loss::kEngine), before);
  }
  expect_to_run(*boxes);
  expect_no_container_soon();
  EXPECT_EQ(proxy_->met(), 1);
}

TEST_F(DockerBoxesBehindAProxy, AreNotRemovedOneByOneByAnEngineThatHangs) {
  const RunSpec spec = shell("true");
  options_.usual = spec.limits;
  options_.warm = 1;
  options_.reuse = Reuse::kPool;
  {
    const auto boxes = make();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (boxes->ready() < 2 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ASSERT_EQ(boxes->ready(), 2);
    proxy_->meddle("DELETE ", UnixProxy::Fate::kSwallowed, UnixProxy::kAlways);
  }
  EXPECT_EQ(proxy_->met(), 1);
  EXPECT_THAT(containers(), SizeIs(2));
  proxy_->let_pass();
  make();  // Sweeps.
  EXPECT_THAT(containers(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Calls, DockerBoxesUnanswered,
    ::testing::Values(Silence{"create_unheard", "/containers/create", UnixProxy::Fate::kSwallowed},
                      Silence{"create_unanswered", "/containers/create",
                              UnixProxy::Fate::kUnanswered},
                      Silence{"attach", "/attach?", UnixProxy::Fate::kSwallowed},
                      Silence{"start_unheard", "/start ", UnixProxy::Fate::kSwallowed},
                      Silence{"start_unanswered", "/start ", UnixProxy::Fate::kUnanswered},
                      Silence{"delete_unheard", "DELETE ", UnixProxy::Fate::kSwallowed},
                      Silence{"delete_unanswered", "DELETE ", UnixProxy::Fate::kUnanswered}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine::docker
