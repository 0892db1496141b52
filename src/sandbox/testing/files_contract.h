#pragma once

#include <map>
#include <string>

#include <gmock/gmock.h>

#include "sandbox/testing/box_contract.h"

// Files into a box, out of it, and what is left for the next run.
namespace engine::sandbox {

class BoxFiles : public BoxContract {
 protected:
  // Name to content, or to the problem in angle brackets.
  std::map<std::string, std::string> taken_by(const RunSpec& spec) {
    std::map<std::string, std::string> files;
    for (const TakenFile& taken : run(spec).taken) {
      files[taken.file.name] =
          taken.problem.empty() ? taken.file.content : "<" + taken.problem + ">";
    }
    return files;
  }
};

TEST_P(BoxFiles, ComeIn) {
  RunSpec spec = shell("cat a.txt d/e/b.txt; ./run.sh; stat -c '%a %u' a.txt run.sh");
  spec.files = FileSet::make({
      {"a.txt", "one\n", false},
      {"d/e/b.txt", std::string("two\0\n", 5), false},
      {"run.sh", "#!/bin/sh\necho ran\n", true}
  });
  EXPECT_EQ(run(spec).stdout_text, std::string("one\ntwo\0\nran\n444 0\n555 0\n", 25));
}

TEST_P(BoxFiles, AreReadOnlyBesideTheProgramsOwn) {
  RunSpec spec = shell("echo x > d/in; chmod 777 d/in; echo own > d/out && cat d/in d/out");
  spec.files = FileSet::make({
      {"d/in", "kept\n", false}
  });
  EXPECT_EQ(run(spec).stdout_text, "kept\nown\n");
}

TEST_P(BoxFiles, MustFit) {
  RunSpec spec = shell("true");
  spec.files = FileSet::make({
      {"big", std::string(2 << 20, 'x'), false}
  });
  spec.limits.disk = 1_MiB;
  auto box = acquire();
  ASSERT_TRUE(box);
  const auto report = (*box)->run(spec);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kInvalid);
  spec.limits.disk = 4_MiB;
  EXPECT_TRUE((*box)->run(spec));
}

TEST_P(BoxFiles, ComeOutByName) {
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

TEST_P(BoxFiles, AllComeOutButThoseThatCameIn) {
  RunSpec spec = shell("echo 1 > a; mkdir -p d/e; echo 2 > d/e/f; ln -s a link; mkfifo pipe");
  spec.files = FileSet::make({
      {"given", "x", false}
  });
  spec.take = {"**"};
  EXPECT_THAT(taken_by(spec),
              ::testing::ElementsAre(::testing::Pair("a", "1\n"), ::testing::Pair("d/e/f", "2\n")));
}

TEST_P(BoxFiles, AreNeverFollowed) {
  RunSpec spec = shell(
      "ln -s /etc/passwd link; ln -s /etc dir; mkfifo fifo; mkdir plain; echo x > one; "
      "ln one two; ln -s / root; ln -s .. up; ln -s loop loop");
  spec.take = {"link", "dir/passwd", "fifo", "plain", "one", "two", "root/etc/passwd", "loop"};
  const auto taken = taken_by(spec);
  ASSERT_EQ(taken.size(), 8U);
  for (const auto& [name, content] : taken)
    EXPECT_THAT(content, ::testing::StartsWith("<")) << name;
  EXPECT_THAT(taken.at("fifo"), ::testing::HasSubstr("not a regular file"));
  EXPECT_THAT(taken.at("one"), ::testing::HasSubstr("hard link"));
  EXPECT_THAT(taken.at("link"), ::testing::HasSubstr("link"));
}

TEST_P(BoxFiles, AreTakenUpToTheirLimits) {
  RunSpec spec = shell("truncate -s 60M sparse; head -c 100 /dev/zero > small; touch 1 2 3 4");
  spec.limits.file = 100_MiB;
  spec.take = {"small", "sparse"};
  spec.take_limit = 1_MiB;
  const RunReport report = run(spec);
  ASSERT_EQ(report.taken.size(), 2U);
  EXPECT_EQ(report.taken[0].file.content.size(), 100U);
  EXPECT_EQ(report.taken[1].problem, "larger than may be taken");
  EXPECT_THAT(report.taken[1].file.content, ::testing::IsEmpty());
  spec.take = {"**"};
  spec.take_limit = 100_MiB;
  spec.take_count = 3;
  const RunReport counted = run(spec);
  ASSERT_EQ(counted.taken.size(), 4U);
  EXPECT_EQ(counted.taken[0].file.name, "**");
  EXPECT_THAT(counted.taken[0].problem, ::testing::HasSubstr("more files"));
}

TEST_P(BoxFiles, AreTakenWhenNobodyCanChangeThemAnyMore) {
  RunSpec spec = shell("(while :; do echo x >> f; done) & sleep 0.2; exit 0");
  spec.take = {"f"};
  const RunReport report = run(spec);
  ASSERT_EQ(report.taken.size(), 1U);
  EXPECT_EQ(report.taken[0].problem, "");
}

TEST_P(BoxFiles, AreGoneForTheNextRun) {
  for (const Reuse reuse : {Reuse::kSubmission, Reuse::kPool, Reuse::kRun}) {
    const auto made = GetParam().make(reuse);
    auto box = made->acquire(GetParam().image);
    ASSERT_TRUE(box);
    const auto first = (*box)->run(
        shell("for d in /box /tmp /dev/shm; do mkdir $d/sub; echo x > $d/sub/f; done; "
              "ipcmk -M 4096 -S 1 -Q > /dev/null && ipcs | grep -c 0x; sleep 1000 & exit 0"));
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->stdout_text, "3\n");
    const auto second = (*box)->run(
        shell("find /box /tmp /dev/shm -mindepth 1; ipcs | grep 0x; ls -d /proc/[0-9]* | wc -l"));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_LE(std::stoi(second->stdout_text), 4) << second->stdout_text;
  }
}

TEST_P(BoxFiles, LeaveNoMemoryToTheNextRun) {
  auto box = acquire();
  ASSERT_TRUE(box);
  RunSpec spec = shell("head -c 30000000 /dev/zero > f");
  spec.limits.file = 64_MiB;
  EXPECT_GT((*box)->run(spec)->memory, 25_MiB);
  EXPECT_LT((*box)->run(shell("true"))->memory, 8_MiB);
}

TEST_P(BoxFiles, HaveTheSizeOfTheirRun) {
  auto box = acquire();
  ASSERT_TRUE(box);
  for (const Bytes disk : {4_MiB, 32_MiB, 8_MiB}) {
    RunSpec spec = shell("df -B1 /box | tail -1 | awk '{print $2}'");
    spec.limits.disk = disk;
    EXPECT_EQ((*box)->run(spec)->stdout_text, std::to_string(disk.count) + "\n");
  }
}

}  // namespace engine::sandbox
