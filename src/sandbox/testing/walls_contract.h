#pragma once

#include <string>

#include <gmock/gmock.h>

#include "sandbox/testing/box_contract.h"

// What foreign code cannot reach from any kind of box.
namespace engine::sandbox {

class BoxWalls : public BoxContract {
 protected:
  std::string output_of(const RunSpec& spec) {
    const RunReport report = run(spec);
    EXPECT_EQ(report.stderr_text, "");
    return report.stdout_text;
  }
};

TEST_P(BoxWalls, CannotWriteOutsideItsDirectories) {
  for (const char* path : {"/", "/etc", "/usr", "/usr/bin", "/dev", "/run", "/run/box", "/opt"}) {
    const RunReport report = run(shell(std::string("touch ") + path + "/x 2>/dev/null"));
    EXPECT_NE(report.exit_code, 0) << path;
  }
  EXPECT_EQ(output_of(shell("for d in /box /tmp /dev/shm; do echo x > $d/f && rm $d/f; "
                            "done; echo x > /dev/null; echo done")),
            "done\n");
}

TEST_P(BoxWalls, InheritsThreeDescriptors) {
  EXPECT_EQ(output_of(python("import os; print(sorted(os.listdir('/proc/self/fd')))")),
            "['0', '1', '2', '3']\n");  // The last is the listing's own.
}

TEST_P(BoxWalls, StartsFromACleanState) {
  EXPECT_EQ(output_of(python("import signal, os\n"
                             "print(signal.pthread_sigmask(signal.SIG_BLOCK, []), os.umask(0),"
                             " os.getsid(0) == os.getpid(), os.nice(0),"
                             " signal.getsignal(signal.SIGTERM).name)")),
            "set() 18 True 0 SIG_DFL\n");
  EXPECT_EQ(output_of(shell("grep -E 'Cap(Prm|Eff|Amb)|NoNew|Seccomp:' /proc/self/status | "
                            "tr -d '\\t\\n'")),
            "CapPrm:0000000000000000CapEff:0000000000000000CapAmb:0000000000000000"
            "NoNewPrivs:1Seccomp:2");
}

TEST_P(BoxWalls, ReachesNoOtherProcess) {
  for (const char* name : {"a16_ptrace.c", "a21_kill_all.c"}) {
    RunSpec spec = shell("");
    spec.argv = {"/box/program"};
    spec.files = hostile_program(name);
    const RunReport report = run(spec);
    EXPECT_EQ(report.end, End::kExited) << name;
    EXPECT_THAT(report.stdout_text, ::testing::AnyOf(::testing::HasSubstr("attach1=-1"),
                                                     ::testing::HasSubstr("k1=-1")));
    EXPECT_THAT(report.stdout_text, ::testing::Not(::testing::HasSubstr("=0/OK")));
  }
}

TEST_P(BoxWalls, MakesNoNamespaces) {
  EXPECT_NE(run(shell("unshare -U true 2>/dev/null")).exit_code, 0);
  EXPECT_NE(run(shell("unshare -r -n true 2>/dev/null")).exit_code, 0);
}

TEST_P(BoxWalls, HasNoNetwork) {
  const std::string program =
      "import socket\n"
      "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):\n"
      "  try:\n"
      "    s = socket.socket(family, socket.SOCK_DGRAM)\n"
      "    s.connect(('127.0.0.1', 9)); print('reached', family)\n"
      "  except OSError: pass\n"
      "print('end')";
  EXPECT_EQ(output_of(python(program)), "end\n");
}

}  // namespace engine::sandbox
