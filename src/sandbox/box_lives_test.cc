#include <set>

#include <gmock/gmock.h>

#include "sandbox/native_test.h"

// Boxes are handed from owner to owner, and nothing of what one did is there for the next.
namespace engine::sandbox {
namespace {

using ::testing::StartsWith;

// Says what it finds of an earlier run, then leaves as much behind as a program can.
constexpr char kLitter[] = R"(
import ctypes, os, signal, socket
libc = ctypes.CDLL(None)
found = [d for d in ('/box', '/tmp', '/dev/shm') if os.listdir(d)]
found += [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) != os.getpid()]
if libc.shmget(77, 4096, 0) >= 0: found.append('shared memory')
planted = socket.socket(socket.AF_UNIX)
try: planted.bind('\0planted')
except OSError: found.append('socket')
mounts = [line.split() for line in open('/proc/self/mountinfo')]
print(found, sum('proc' in mount[7:] for mount in mounts), socket.gethostname())
for d in ('/box', '/tmp', '/dev/shm'):
    open(d + '/left', 'w').write('x' * 10000)
    os.makedirs(d + '/.hidden/deeper')
os.chmod('/box', 0o700)
libc.shmget(77, 4096, 0o1600)
if os.fork() == 0:
    os.setsid()
    planted.listen()
    for fd in (0, 1, 2): os.close(fd)
    signal.pause()
)";

NativeOptions options_for(Reuse reuse) {
  NativeOptions options = test_options(reuse);
  options.instance = "lives";
  return options;
}

class BoxLives : public NativeTest, public ::testing::WithParamInterface<Reuse> {};

// More owners than boxes are alive, so each box has several.
constexpr int kOwners = 4;

TEST_P(BoxLives, LeaveNothingToTheNextOwner) {
  const auto boxes = make_boxes(options_for(GetParam()));
  for (int owner = 0; owner < kOwners; ++owner) {
    const RunReport report = run_in(*boxes, "host", python(kLitter));
    EXPECT_EQ(report.end, End::kExited);
    EXPECT_EQ(report.stdout_text, "[] 2 box\n");  // One /proc lies upon the mother's.
    EXPECT_EQ(report.stderr_text, "");
  }
}

TEST_P(BoxLives, GoOnAfterOwnersThatWereKilled) {
  const auto boxes = make_boxes(options_for(GetParam()));
  RunSpec spins = shell("sleep 1000 & while :; do :; done");
  spins.limits.cpu_time = Microseconds{20'000};
  for (int owner = 0; owner < kOwners; ++owner) {
    EXPECT_EQ(run_in(*boxes, "host", spins).end, End::kCpuTime);
    const RunReport report = run_in(*boxes, "host", shell("echo alive"));
    EXPECT_EQ(report.end, End::kExited);
    EXPECT_EQ(report.stdout_text, "alive\n");
    EXPECT_LT(report.cpu_time, scaled(Microseconds{200'000}));
    EXPECT_EQ(report.processes, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, BoxLives,
                         ::testing::Values(Reuse::kRun, Reuse::kSubmission, Reuse::kPool),
                         policy_name);

class BoxBirth : public NativeTest {};

// The kernel counts ids of IPC objects up, removed ones included; its count begins anew with each
// owner, if one before him made any.
TEST_F(BoxBirth, IpcIdsSayNothingOfOwnersBefore) {
  const auto boxes = make_boxes(options_for(Reuse::kSubmission));
  const std::string counts = R"(
import ctypes
libc = ctypes.CDLL(None)
ids = [libc.shmget(0, 4096, 0o1600) for _ in range(5)]
for i in ids: libc.shmctl(i, 0, None)
print(ids[0])
)";
  std::set<std::string> seen;
  for (int owner = 0; owner < 2 * kOwners; ++owner)
    seen.insert(run_in(*boxes, "host", python(counts)).stdout_text);
  EXPECT_EQ(seen.size(), 1U);
}

// What a run has left in System V memory is not there, nor charged, for the next run of its box.
TEST_F(BoxBirth, SharedMemoryThatIsLeftTakesNoRoomFromTheNextRun) {
  NativeOptions options = options_for(Reuse::kSubmission);
  options.ceiling.memory = 128_MiB;
  const auto boxes = make_boxes(options);
  auto box = boxes->acquire("host");
  ASSERT_TRUE(box) << box.error().message;
  RunSpec leaves = python(R"(
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
at = libc.shmat(libc.shmget(77, 105 << 20, 0o1600), None, 0)
ctypes.memset(at, 1, 105 << 20)
print('left')
)");
  leaves.limits.memory = 128_MiB;
  const auto left = (*box)->run(leaves);
  ASSERT_TRUE(left) << left.error().message;
  EXPECT_EQ(left->stdout_text, "left\n");
  RunSpec hog = shell("head -c 200000000 /dev/zero | tail -n 1 | wc -c");
  hog.limits.memory = 128_MiB;
  const auto report = (*box)->run(hog);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->end, End::kMemory);
}

// Whom their parents leave when they end, they are children of PID 1: until that has reaped them
// they count against the run's limit.
TEST_F(BoxBirth, OrphansAreReapedWhileTheRunGoesOn) {
  RunSpec orphans = python(R"(
import os
for _ in range(1000):
    alive, ends = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.fork()
        os._exit(0)
    os.close(ends)
    os.waitpid(parent, 0)
    os.read(alive, 1)
    os.close(alive)
print('all')
)");
  orphans.limits.processes = 100;
  auto box = boxes().acquire("host");
  ASSERT_TRUE(box);
  const auto report = (*box)->run(orphans);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stdout_text, "all\n") << report->stderr_text;
}

// Process ids begin anew, user ids do not: what the policy promises, and what it saves.
TEST_F(BoxBirth, IsOfProcessesAndNotOfUsers) {
  const auto boxes = make_boxes(options_for(Reuse::kSubmission));
  std::set<std::string> users;
  for (int owner = 0; owner < kOwners; ++owner) {
    const RunReport report = run_in(*boxes, "host",
                                    python("import os\nprint(os.getpid())\n"
                                           "print(open('/proc/self/uid_map').read().split()[1])"));
    EXPECT_THAT(report.stdout_text, StartsWith("2\n"));
    users.insert(report.stdout_text);
  }
  EXPECT_LT(users.size(), std::size_t{kOwners});
}

}  // namespace
}  // namespace engine::sandbox
