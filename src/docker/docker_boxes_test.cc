#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "docker/container_spec.h"
#include "docker/engine_client.h"
#include "docker/testing/docker_boxes_fixture.h"
#include "docker/testing/docker_daemon.h"
#include "sandbox/testing/box_contract.h"

// What containers do beyond the contract of boxes, and when the engine fails them.
namespace engine::docker {
namespace {

using sandbox::Box;
using sandbox::Boxes;
using sandbox::End;
using sandbox::Reuse;
using sandbox::RunReport;
using sandbox::RunSpec;
using sandbox::shell;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Acts from outside as soon as the run says something.
class AtOutput : public sandbox::Observer {
 public:
  explicit AtOutput(std::function<void()> act) : act_(std::move(act)) {}
  void on_usage(const sandbox::LiveUsage&) override {}
  void on_output(sandbox::Stream, std::string_view) override {
    if (act_) std::exchange(act_, nullptr)();
  }

 private:
  std::function<void()> act_;
};

class DockerBoxes : public DockerBoxesTest {};

TEST_F(DockerBoxes, KeepTheirSupervisorOutOfReach) {
  const auto boxes = make();
  for (const char* mode : {"", "stay"}) {
    RunSpec spec = shell("");
    spec.argv = {"/box/program"};
    if (*mode != '\0') spec.argv.emplace_back(mode);
    spec.files = sandbox::hostile_program("a27_supervisor.c");
    spec.limits.wall_time = Milliseconds{1'000};
    const RunReport report = run_in(*boxes, "host", spec);
    EXPECT_EQ(report.end, *mode == '\0' ? End::kExited : End::kWallTime);
    EXPECT_THAT(report.stdout_text, Not(HasSubstr("REACHED")));
    EXPECT_THAT(report.stdout_text, ::testing::StartsWith("done\n"));
  }
}

TEST_F(DockerBoxes, ShowLittleOfTheHost) {
  const auto boxes = make();
  const RunReport report =
      run_in(*boxes, "host",
             shell("hostname=$(cat /proc/sys/kernel/hostname); echo $hostname; "
                   "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; "
                   "cut -d: -f3 /proc/self/cgroup | sort -u; env | sort | grep -v PWD"));
  EXPECT_THAT(report.stdout_text, ::testing::StartsWith("box\nlo\n/\nPATH="));
}

TEST_F(DockerBoxes, AreTheFirstToGoWhenMemoryIsShort) {
  const auto boxes = make();
  EXPECT_EQ(run_in(*boxes, "host", shell("cat /proc/self/oom_score_adj")).stdout_text, "1000\n");
}

TEST_F(DockerBoxes, AreUsersOfTheirOwn) {
  const auto boxes = make();
  const std::string first = run_in(*boxes, "host", shell("id -u")).stdout_text;
  const std::string second = run_in(*boxes, "host", shell("id -u")).stdout_text;
  EXPECT_GE(std::stoi(first), options_.first_user);
  EXPECT_NE(first, second);
}

TEST_F(DockerBoxes, AreWarmForTheUsualRun) {
  const RunSpec spec = shell("id -u");
  options_.usual = spec.limits;
  options_.slots = options_.warm = 1;
  const auto boxes = make();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (boxes->ready() == 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  ASSERT_EQ(boxes->ready(), 1);
  // The first that was started, so no other was for it.
  const int first = options_.first_user + 1;
  EXPECT_EQ(run_in(*boxes, "host", spec).stdout_text, std::to_string(first) + "\n");
}

TEST_F(DockerBoxes, AreReplacedWhereTheSizeDiffers) {
  const auto boxes = make();
  const auto box = *boxes->acquire("host");
  const auto size = [&](Bytes disk) {
    RunSpec spec = shell("df -B1 /box | tail -1 | awk '{print $2}'; id -u");
    spec.limits.disk = disk;
    return box->run(spec)->stdout_text;
  };
  const std::string small = size(4_MiB);
  EXPECT_EQ(size(4_MiB), small);
  EXPECT_NE(size(8_MiB), small);
}

TEST_F(DockerBoxes, AreReplacedWhenTheyAreKilledFromOutside) {
  const auto boxes = make();
  const auto box = *boxes->acquire("host");
  RunSpec spec = shell("echo started; sleep 60");
  AtOutput kill([this] { to_all("POST", "kill"); });
  spec.observer = &kill;
  const auto lost = box->run(spec);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Errc::kUnavailable);
  EXPECT_GE(losses(Loss::kContainer), 1);
  EXPECT_EQ(box->run(shell("echo again"))->stdout_text, "again\n");
}

TEST_F(DockerBoxes, AreReplacedWhenTheyDieWaiting) {
  const auto boxes = make();
  const auto box = *boxes->acquire("host");
  ASSERT_TRUE(box->run(shell("true")));
  to_all("POST", "kill");
  auto report = box->run(shell("echo again"));
  // It may be noticed only when the run is on its way.
  if (!report && report.error().code == Errc::kUnavailable) report = box->run(shell("echo again"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stdout_text, "again\n");
}

TEST_F(DockerBoxes, HaveAClockOutside) {
  const auto boxes = make();
  const auto box = *boxes->acquire("host");
  RunSpec spec = shell("echo started; sleep 60");
  spec.limits.wall_time = Milliseconds{500};
  AtOutput freeze([this] { to_all("POST", "pause"); });
  spec.observer = &freeze;
  const auto report = box->run(spec);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->end, End::kWallTime);
  EXPECT_TRUE(report->host_stalled);
  EXPECT_EQ(report->stdout_text, "started\n");
  EXPECT_EQ(box->run(shell("echo again"))->stdout_text, "again\n");
}

TEST_F(DockerBoxes, TellApartWhenTheSupervisorDiesForMemory) {
  const auto boxes = make();
  RunSpec spec = shell("head -c 100000000 /dev/zero > f; cat f f > g; sleep 60");
  spec.limits.memory = 16_MiB;
  spec.limits.disk = 256_MiB;
  spec.limits.file = 256_MiB;
  const RunReport report = run_in(*boxes, "host", spec);
  EXPECT_EQ(report.end, End::kMemory);
  EXPECT_EQ(report.memory, 16_MiB);
}

TEST_F(DockerBoxes, LeaveNoContainerBehind) {
  {
    const auto boxes = make();
    const auto box = *boxes->acquire("host");
    ASSERT_TRUE(box->run(shell("true")));
    EXPECT_THAT(containers(), Not(IsEmpty()));
  }
  EXPECT_THAT(containers(), IsEmpty());
}

TEST_F(DockerBoxes, SweepWhatACrashLeft) {
  const auto left = engine_->create(container_of(options_, {"box", 64_MiB, 1_MiB, 10, 10}, 1));
  ASSERT_TRUE(left) << left.error().message;
  ASSERT_THAT(containers(), SizeIs(1));
  const auto boxes = make();
  EXPECT_EQ(engine_->state(*left).error().code, Errc::kNotFound);
}

TEST_F(DockerBoxes, NameAnImageThatIsNotThere) {
  options_.images = {
      {"host", "no/such-image:1"}
  };
  const auto boxes = make_docker_boxes(options_);
  ASSERT_FALSE(boxes);
  EXPECT_EQ(boxes.error().code, Errc::kUnavailable);
  EXPECT_THAT(boxes.error().message, HasSubstr("'no/such-image:1' is not there"));
}

// It holds up its own languages alone.
TEST_F(DockerBoxes, OutliveAnImageThatIsTakenAway) {
  ASSERT_TRUE(engine_->call({.method = "POST", .target = "/images/box/tag?repo=taken-away"}));
  options_.images = {
      {"host",  "box"       },
      {"other", "taken-away"}
  };
  options_.reuse = Reuse::kRun;
  const auto boxes = make();
  ASSERT_TRUE(engine_->call({.method = "DELETE", .target = "/images/taken-away"}));
  const auto gone = (*boxes->acquire("other"))->run(shell("true"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::kInvalid);
  EXPECT_THAT(gone.error().message, HasSubstr("'taken-away' is not there"));
  EXPECT_GE(losses(Loss::kImage), 1);
  EXPECT_EQ(losses(Loss::kEngine), 0);
  for (int run = 0; run < 10; ++run)  // More than are kept warm.
    EXPECT_EQ(run_in(*boxes, "host", shell("echo here")).stdout_text, "here\n");
}

TEST_F(DockerBoxes, RefuseAnImageWithAVolume) {
  const std::string tar(10'240, '\0');
  ASSERT_TRUE(engine_->call({.method = "POST",
                             .target = "/images/create?fromSrc=-&repo=holey&changes=VOLUME%20/data",
                             .body = tar,
                             .content_type = "application/x-tar"}));
  options_.images = {
      {"host", "holey"}
  };
  const auto boxes = make_docker_boxes(options_);
  ASSERT_FALSE(boxes);
  EXPECT_EQ(boxes.error().code, Errc::kInvalid);
  EXPECT_THAT(boxes.error().message, HasSubstr("VOLUME"));
}

// The engine goes away with its containers and comes back, as in an upgrade. It still knows those
// that it could not be asked to remove.
TEST_F(DockerBoxes, OutliveARestartOfTheEngine) {
  DockerDaemon daemon;
  ASSERT_EQ(daemon.start(), "");
  std::ifstream in(ENGINE_DOCKER_IMAGE, std::ios::binary);
  std::string tar(std::filesystem::file_size(ENGINE_DOCKER_IMAGE), '\0');
  in.read(tar.data(), std::ssize(tar));
  ASSERT_EQ(daemon.import(tar, "box"), "");
  options_ = daemon_options(daemon);
  count_losses();
  options_.patience = Milliseconds{60'000};
  const auto boxes = make();
  const auto box = *boxes->acquire("host");
  ASSERT_TRUE(box->run(shell("true")));
  daemon.stop();
  const auto gone = box->run(shell("true"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::kUnavailable);
  EXPECT_GE(losses(Loss::kContainer) + losses(Loss::kEngine), 1);
  ASSERT_EQ(daemon.start(), "");
  auto back = box->run(shell("echo back"));
  for (int tries = 0; !back && tries < 20; ++tries)
    back = box->run(shell("echo back"));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->stdout_text, "back\n");
  EngineClient engine{*parse_address(daemon.address()), Milliseconds{60'000}};
  ASSERT_TRUE(engine.negotiate());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (containers_of(engine, options_).size() > 1 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_THAT(containers_of(engine, options_), SizeIs(1)) << "the box's own";
}

}  // namespace
}  // namespace engine::docker
