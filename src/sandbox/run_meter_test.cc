#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/cgroup.h"

namespace engine::sandbox {
namespace {

// A meter over memory files with the texts that kernels write, so no privilege is needed.
class Files {
 public:
  void set(CgroupFile file, std::string_view text) {
    Fd& fd = fds_[static_cast<std::size_t>(file)];
    if (!fd.is_open()) fd = Fd(::memfd_create("cgroup-file", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(fd.get(), 0), 0);
    ASSERT_EQ(::pwrite(fd.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  std::string get(CgroupFile file) const {
    char text[256];
    const ssize_t count = ::pread(fds_[static_cast<std::size_t>(file)].get(), text, sizeof text, 0);
    return {text, count > 0 ? static_cast<std::size_t>(count) : 0};
  }

  CgroupFds shared() const {
    CgroupFds copies;
    for (std::size_t i = 0; i < fds_.size(); ++i) {
      if (fds_[i].is_open()) copies[i] = Fd(::dup(fds_[i].get()));
    }
    return copies;
  }

 private:
  CgroupFds fds_;
};

Files v2_files() {
  Files files;
  files.set(CgroupFile::kCpu, "usage_usec 1000\nuser_usec 600\nsystem_usec 400\n");
  files.set(CgroupFile::kMemoryMax, "");
  files.set(CgroupFile::kMemoryNow, "4096\n");
  files.set(CgroupFile::kMemoryPeak, "4096\n");
  files.set(CgroupFile::kMemoryEvents,
            "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
  files.set(CgroupFile::kPidsMax, "");
  files.set(CgroupFile::kPidsNow, "1\n");
  files.set(CgroupFile::kPressure,
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=50\n"
            "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
  return files;
}

TEST(RunMeter, LimitsComeOnTopOfWhatIsUsed) {
  Files files = v2_files();
  files.set(CgroupFile::kMemoryNow, "8192\n");
  RunMeter meter(CgroupMode::kV2, files.shared());
  ASSERT_TRUE(meter.begin(Bytes{10'000}, 5, 2));
  EXPECT_EQ(files.get(CgroupFile::kMemoryMax), "20480");  // 8192 + 10000 rounded up to pages.
  EXPECT_EQ(files.get(CgroupFile::kPidsMax), "7");
  files.set(CgroupFile::kMemoryNow, "12288\n");
  files.set(CgroupFile::kMemoryPeak, "40000\n");
  EXPECT_EQ(meter.memory_now(), Bytes{4096});
  EXPECT_EQ(meter.memory_peak(), Bytes{12288}) << "never above the limit";
}

TEST(RunMeter, MakesRoomAboveTheLastLimit) {
  Files files = v2_files();
  files.set(CgroupFile::kMemoryNow, "8192\n");
  files.set(CgroupFile::kCpu, "5000000\n");
  RunMeter meter(CgroupMode::kV1, files.shared());
  ASSERT_TRUE(meter.begin(Bytes{4096}, 5, 2));
  meter.make_room();
  EXPECT_EQ(files.get(CgroupFile::kMemoryMax), "67121152");  // 8192 + 4096 + 64 MiB.
}

TEST(RunMeter, CountsBeginAtBegin) {
  Files files = v2_files();
  files.set(CgroupFile::kMemoryEvents, "oom 1\noom_kill 3\noom_group_kill 1\n");
  RunMeter meter(CgroupMode::kV2, files.shared());
  ASSERT_TRUE(meter.begin(1_MiB, 5, 1));
  EXPECT_EQ(*meter.cpu_time(), Microseconds{0});
  EXPECT_EQ(meter.oom_kills(), 0);
  EXPECT_EQ(meter.processor_wait(), Microseconds{0});
  files.set(CgroupFile::kCpu, "usage_usec 3500\nuser_usec 600\n");
  files.set(CgroupFile::kMemoryEvents, "oom 2\noom_kill 5\noom_group_kill 9\n");
  files.set(CgroupFile::kPressure, "some avg10=9.99 avg60=0.00 avg300=0.00 total=170\n");
  EXPECT_EQ(*meter.cpu_time(), Microseconds{2500});
  EXPECT_EQ(meter.oom_kills(), 2);
  EXPECT_EQ(meter.processor_wait(), Microseconds{120});
}

TEST(RunMeter, V1CountsNanosecondsAndItsOwnOomFile) {
  Files files = v2_files();
  files.set(CgroupFile::kCpu, "5000000\n");
  files.set(CgroupFile::kMemoryEvents, "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n");
  RunMeter meter(CgroupMode::kV1, files.shared());
  ASSERT_TRUE(meter.begin(1_MiB, 5, 1));
  EXPECT_EQ(files.get(CgroupFile::kMemoryPeak).substr(0, 1), "0") << "the peak starts anew";
  files.set(CgroupFile::kCpu, "7500999\n");
  files.set(CgroupFile::kMemoryEvents, "oom_kill_disable 1\nunder_oom 0\noom_kill 1\n");
  EXPECT_EQ(*meter.cpu_time(), Microseconds{2500});
  EXPECT_EQ(meter.oom_kills(), 1);
}

TEST(RunMeter, APeakThatDidNotRiseIsAnEarlierRuns) {
  Files files = v2_files();
  files.set(CgroupFile::kPidsPeak, "9\n");
  files.set(CgroupFile::kPidsNow, "2\n");
  RunMeter meter(CgroupMode::kHybrid, files.shared());
  ASSERT_TRUE(meter.begin(1_MiB, 20, 2));
  EXPECT_EQ(meter.tasks_now(), 0);
  files.set(CgroupFile::kPidsNow, "6\n");
  EXPECT_EQ(meter.tasks_now(), 4);
  files.set(CgroupFile::kPidsNow, "3\n");
  EXPECT_EQ(meter.tasks_peak(), 4) << "the largest seen";
  files.set(CgroupFile::kPidsPeak, "12\n");
  EXPECT_EQ(meter.tasks_peak(), 10) << "the kernel's";
}

TEST(RunMeter, WithoutPeakFilesTheLargestSeenCounts) {
  Files files = v2_files();
  CgroupFds fds = files.shared();
  fds[static_cast<std::size_t>(CgroupFile::kMemoryPeak)] = Fd();
  RunMeter meter(CgroupMode::kV2, std::move(fds));
  ASSERT_TRUE(meter.begin(1_MiB, 5, 0));
  files.set(CgroupFile::kMemoryNow, "104096\n");
  (void)meter.memory_now();
  files.set(CgroupFile::kMemoryNow, "5000\n");
  EXPECT_EQ(meter.memory_peak(), Bytes{100'000});
  EXPECT_EQ(meter.tasks_peak(), 1);
}

TEST(RunMeter, SaysWhatTheHostFailsAt) {
  Files files = v2_files();
  files.set(CgroupFile::kCpu, "nothing\n");
  RunMeter unreadable(CgroupMode::kV2, files.shared());
  EXPECT_EQ(unreadable.begin(1_MiB, 5, 0).error().code, Errc::kUnavailable);
  EXPECT_EQ(unreadable.kill().error().code, Errc::kNotFound) << "no file for it";

  CgroupFds closed;
  RunMeter unlimited(CgroupMode::kV2, std::move(closed));
  EXPECT_EQ(unlimited.begin(1_MiB, 5, 0).error().code, Errc::kUnavailable)
      << "a run without its limits must not begin";
}

}  // namespace
}  // namespace engine::sandbox
