#include <map>

#include <gmock/gmock.h>

#include "sandbox/native_test.h"

// Files into a box, out of it, and what is left for the next run.
namespace engine::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class BoxFiles : public NativeTest {
 protected:
  // Name to content, or to the problem in angle brackets.
  static std::map<std::string, std::string> taken_by(const RunSpec& spec) {
    std::map<std::string, std::string> files;
    for (const TakenFile& taken : run(spec).taken) {
      files[taken.file.name] =
          taken.problem.empty() ? taken.file.content : "<" + taken.problem + ">";
    }
    return files;
  }
};

TEST_F(BoxFiles, ComeIn) {
  RunSpec spec = shell("cat a.txt d/e/b.txt; ./run.sh; stat -c '%a %u' a.txt run.sh");
  spec.files = FileSet::make({
      {"a.txt", "one\n", false},
      {"d/e/b.txt", std::string("two\0\n", 5), false},
      {"run.sh", "#!/bin/sh\necho ran\n", true}
  });
  EXPECT_EQ(run(spec).stdout_text, std::string("one\ntwo\0\nran\n444 0\n555 0\n", 25));
}

TEST_F(BoxFiles, AreReadOnlyBesideTheProgramsOwn) {
  RunSpec spec = shell("echo x > d/in; chmod 777 d/in; echo own > d/out && cat d/in d/out");
  spec.files = FileSet::make({
      {"d/in", "kept\n", false}
  });
  EXPECT_EQ(run(spec).stdout_text, "kept\nown\n");
}

TEST_F(BoxFiles, MustFit) {
  RunSpec spec = shell("true");
  spec.files = FileSet::make({
      {"big", std::string(2 << 20, 'x'), false}
  });
  spec.limits.disk = 1_MiB;
  auto box = boxes().acquire("host");
  ASSERT_TRUE(box);
  const auto report = (*box)->run(spec);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kInvalid);
  spec.limits.disk = 4_MiB;
  EXPECT_TRUE((*box)->run(spec));
}

TEST_F(BoxFiles, ComeOutByName) {
  RunSpec spec = shell("echo one > a; mkdir d; echo two > d/b; chmod 755 d/b");
  spec.take = {"a", "d/b", "absent"};
  const RunReport report = run(spec);
  ASSERT_EQ(report.taken.size(), 3U);
  EXPECT_EQ(report.taken[0].file.content, "one\n");
  EXPECT_FALSE(report.taken[0].file.executable);
  EXPECT_EQ(report.taken[1].problem, "no such file");
  EXPECT_EQ(report.taken[2].file.content, "two\n");
  EXPECT_TRUE(report.taken[2].file.executable);
}

TEST_F(BoxFiles, AllComeOutButThoseThatCameIn) {
  RunSpec spec = shell("echo 1 > a; mkdir -p d/e; echo 2 > d/e/f; ln -s a link; mkfifo pipe");
  spec.files = FileSet::make({
      {"given", "x", false}
  });
  spec.take = {"**"};
  EXPECT_THAT(taken_by(spec), ElementsAre(Pair("a", "1\n"), Pair("d/e/f", "2\n")));
}

TEST_F(BoxFiles, AreNeverFollowed) {
  RunSpec spec = shell(
      "ln -s /etc/passwd link; ln -s /etc dir; mkfifo fifo; mkdir plain; echo x > one; "
      "ln one two; ln -s / root; ln -s .. up; ln -s loop loop");
  spec.take = {"link", "dir/passwd", "fifo", "plain", "one", "two", "root/etc/passwd", "loop"};
  const auto taken = taken_by(spec);
  ASSERT_EQ(taken.size(), 8U);
  for (const auto& [name, content] : taken)
    EXPECT_THAT(content, testing::StartsWith("<")) << name;
  EXPECT_THAT(taken.at("fifo"), HasSubstr("not a regular file"));
  EXPECT_THAT(taken.at("one"), HasSubstr("hard link"));
  EXPECT_THAT(taken.at("link"), HasSubstr("link"));
}

TEST_F(BoxFiles, AreTakenUpToTheirLimits) {
  RunSpec spec = shell("truncate -s 60M sparse; head -c 100 /dev/zero > small; touch 1 2 3 4");
  spec.limits.file = 100_MiB;
  spec.take = {"small", "sparse"};
  spec.take_limit = 1_MiB;
  const RunReport report = run(spec);
  ASSERT_EQ(report.taken.size(), 2U);
  EXPECT_EQ(report.taken[0].file.content.size(), 100U);
  EXPECT_EQ(report.taken[1].problem, "larger than may be taken");
  EXPECT_THAT(report.taken[1].file.content, IsEmpty());
  spec.take = {"**"};
  spec.take_limit = 100_MiB;
  spec.take_count = 3;
  const RunReport counted = run(spec);
  ASSERT_EQ(counted.taken.size(), 4U);
  EXPECT_EQ(counted.taken[0].file.name, "**");
  EXPECT_THAT(counted.taken[0].problem, HasSubstr("more files"));
}

TEST_F(BoxFiles, AreTakenWhenNobodyCanChangeThemAnyMore) {
  RunSpec spec = shell("(while :; do echo x >> f; done) & sleep 0.2; exit 0");
  spec.take = {"f"};
  const RunReport report = run(spec);
  ASSERT_EQ(report.taken.size(), 1U);
  EXPECT_EQ(report.taken[0].problem, "");
}

TEST_F(BoxFiles, AreGoneForTheNextRun) {
  for (const Reuse reuse : {Reuse::kSubmission, Reuse::kPool, Reuse::kRun}) {
    NativeOptions options = test_options(reuse);
    options.instance = "wipe";
    auto manager = Manager::fork(options);
    ASSERT_TRUE(manager) << manager.error().message;
    auto made = make_native_boxes(*std::move(manager), options);
    ASSERT_TRUE(made);
    auto box = (*made)->acquire("host");
    ASSERT_TRUE(box);
    const auto first = (*box)->run(
        shell("for d in /box /tmp /dev/shm /var/tmp; do mkdir $d/sub; echo x > $d/sub/f; done; "
              "ipcmk -M 4096 -S 1 -Q > /dev/null && ipcs | grep -c 0x; sleep 1000 & exit 0"));
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->stdout_text, "3\n");
    const auto second = (*box)->run(
        shell("find /box /tmp /dev/shm -mindepth 1; ipcs | grep 0x; ls -d /proc/[0-9]* | wc -l"));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_LE(std::stoi(second->stdout_text), 3) << second->stdout_text;
  }
}

TEST_F(BoxFiles, LeaveNoMemoryToTheNextRun) {
  auto box = boxes().acquire("host");
  ASSERT_TRUE(box);
  RunSpec spec = shell("head -c 30000000 /dev/zero > f");
  spec.limits.file = 64_MiB;
  EXPECT_GT((*box)->run(spec)->memory, 25_MiB);
  EXPECT_LT((*box)->run(shell("true"))->memory, 8_MiB);
}

TEST_F(BoxFiles, HaveTheSizeOfTheirRun) {
  auto box = boxes().acquire("host");
  ASSERT_TRUE(box);
  for (const Bytes disk : {4_MiB, 32_MiB, 8_MiB}) {
    RunSpec spec = shell("df -B1 /box | tail -1 | awk '{print $2}'");
    spec.limits.disk = disk;
    EXPECT_EQ((*box)->run(spec)->stdout_text, std::to_string(disk.count) + "\n");
  }
}

}  // namespace
}  // namespace engine::sandbox
