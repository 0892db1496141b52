#include "sandbox/frozen.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/native_test.h"

namespace engine::sandbox {
namespace {

const std::vector<std::string> kEnvironment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8",
                                               "PYTHONDONTWRITEBYTECODE=1", "PYTHONUTF8=1"};

RunSpec python_spec(const std::string& program, std::vector<std::string> args = {}) {
  RunSpec spec;
  spec.argv = {"/usr/bin/python3", "main.py"};
  spec.argv.insert(spec.argv.end(), args.begin(), args.end());
  spec.environment = kEnvironment;
  spec.limits.cpu_time = scaled(spec.limits.cpu_time);
  spec.limits.wall_time = scaled(spec.limits.wall_time);
  spec.files = FileSet::make({
      {"main.py", program, false}
  });
  return spec;
}

// A box of an image that has a hook of its own, which Python runs when it starts.
class HookedBox final : public Box {
 public:
  HookedBox(Box& box, std::string hook) : box_(box), hook_(std::move(hook)) {}

  Result<RunReport> run(const RunSpec& spec) override {
    RunSpec hooked = spec;
    std::vector<File> files = spec.files->files();
    files.push_back({"sitecustomize.py", hook_, false});
    hooked.files = FileSet::make(std::move(files));
    hooked.environment.emplace_back("PYTHONPATH=/box");
    return box_.run(hooked);
  }

 private:
  Box& box_;
  const std::string hook_;
};

class FrozenPython : public NativeTest {
 protected:
  void SetUp() override {
    NativeTest::SetUp();
    if (IsSkipped()) return;
    if (!boxes().can_thaw()) GTEST_SKIP() << "no interpreter can be frozen on this machine";
    auto frozen = freeze();
    ASSERT_TRUE(frozen) << frozen.error().message;
    frozen_ = *std::move(frozen);
  }

  // `hook`: of its image; empty: none.
  static Result<std::shared_ptr<const Frozen>> freeze(const std::string& hook = "") {
    TRY(const auto box, boxes().acquire("host"));
    HookedBox hooked(*box, hook);
    return freeze_python(hook.empty() ? *box : hooked,
                         {.argv = {"/usr/bin/python3"}, .environment = kEnvironment});
  }

  // Why an interpreter with that hook is not frozen; empty: it is.
  static std::string refusal_of(const std::string& hook) {
    const auto frozen = freeze(hook);
    return frozen ? "" : frozen.error().message;
  }

  RunReport thaw(RunSpec spec) const {
    spec.frozen = frozen_;
    RunReport report = run(spec);
    EXPECT_TRUE(report.thawed) << report.log;
    return report;
  }

  // Both ways; what is alike of them.
  RunReport same_both_ways(const RunSpec& spec) const {
    RunReport fresh = run(spec);
    EXPECT_FALSE(fresh.thawed);
    const RunReport thawed = thaw(spec);
    EXPECT_EQ(thawed.end, fresh.end);
    EXPECT_EQ(thawed.exit_code, fresh.exit_code);
    EXPECT_EQ(thawed.signal, fresh.signal);
    EXPECT_EQ(thawed.stdout_text, fresh.stdout_text);
    EXPECT_EQ(thawed.stderr_text, fresh.stderr_text);
    return fresh;
  }

  std::shared_ptr<const Frozen> frozen_;
};

// Its link to the program leads to a file that every box has: nothing can be left there.
TEST_F(FrozenPython, ItsProgramCanBeNeitherReadNorMarked) {
  const auto report = thaw(python_spec(R"(
import os
for act in (lambda: os.open('/proc/self/exe', os.O_RDONLY),
            lambda: os.setxattr('/proc/self/exe', 'user.mark', b'x'),
            lambda: os.utime('/proc/self/exe')):
    try: print(act())
    except OSError as refused: print(type(refused).__name__)
)"));
  EXPECT_EQ(report.stdout_text, "PermissionError\nPermissionError\nPermissionError\n");
}

TEST_F(FrozenPython, AStackThatIsTooSmallForItStartsFresh) {
  RunSpec spec = python_spec("print(1)");
  spec.limits.stack = Bytes{1};
  EXPECT_FALSE(frozen_->serves(spec));
  spec.limits.stack = 8_MiB;
  EXPECT_TRUE(frozen_->serves(spec));
}

TEST_F(FrozenPython, RunsAProgramWithItsArgumentsAndInput) {
  RunSpec spec = python_spec("import sys; print(sys.argv, sys.stdin.read())", {"a", "ä b"});
  spec.input = "in";
  EXPECT_EQ(same_both_ways(spec).stdout_text, "['main.py', 'a', 'ä b'] in\n");
}

TEST_F(FrozenPython, FailsWithTheSameTraceback) {
  const RunReport report = same_both_ways(python_spec("def f():\n  1 / 0\nf()\n"));
  EXPECT_EQ(report.exit_code, 1);
}

TEST_F(FrozenPython, EndsBySignals) {
  EXPECT_EQ(same_both_ways(python_spec("import os; os.kill(os.getpid(), 11)")).signal, 11);
  EXPECT_EQ(same_both_ways(python_spec("raise KeyboardInterrupt")).signal, 2);
}

TEST_F(FrozenPython, IsHeldToTheRunsLimits) {
  RunSpec spec = python_spec("x = bytearray(400 << 20)\nprint(len(x))");
  spec.limits.memory = 128_MiB;
  EXPECT_EQ(thaw(spec).end, End::kMemory);
  spec = python_spec("while True: pass");
  spec.limits.cpu_time = Milliseconds{300};
  EXPECT_EQ(thaw(spec).end, End::kCpuTime);
  spec = python_spec("import resource; print(resource.getrlimit(resource.RLIMIT_STACK))");
  spec.limits.stack = 32_MiB;
  EXPECT_EQ(thaw(spec).stdout_text, "(33554432, 33554432)\n");
}

// The box's own process is behind a wall that executing a program would build: it is there as well.
TEST_F(FrozenPython, IsConfinedLikeAnyRun) {
  same_both_ways(python_spec(R"(
wanted = 'Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Threads'.split()
for line in open('/proc/self/status'):
    if line.split(':')[0] in wanted: print(line, end='')
import os
print(sorted(os.listdir('/proc/self/fd')), os.listdir('/proc/self/task') == [str(os.getpid())])
print(open('/proc/self/cmdline', 'rb').read(), open('/proc/self/comm').read())
print(open('/proc/self/environ', 'rb').read(), open('/proc/self/oom_score_adj').read())
print(os.getpgid(0) == os.getsid(0) == os.getpid(), os.getppid() > 0, os.umask(0), os.getcwd())
for pid in sorted(os.listdir('/proc')):
    if pid.isdigit() and int(pid) != os.getpid(): print('sees', pid)
)"));
}

// What one run writes into the memory that it started from is its own.
TEST_F(FrozenPython, LeavesNothingForTheNext) {
  const RunSpec spec = python_spec(R"(
import ctypes, sys
print(getattr(sys, 'left', None), repr('a').__hash__() == hash("'a'"))
sys.left = 'something'
sys.modules['json'] = None
import builtins
builtins.print = None
for line in open('/proc/self/maps'):
    if '/memfd:frozen' in line and ' rw' in line:
        start, end = (int(part, 16) for part in line.split()[0].split('-'))
        for at in range(start + (end - start) // 2, end, 4096): ctypes.memset(at, 255, 1)
)");
  thaw(spec);
  EXPECT_EQ(thaw(spec).stdout_text, "None True\n");
  EXPECT_EQ(thaw(python_spec("import json; print(json.dumps(1))")).stdout_text, "1\n");
}

// Its file cannot be written through the mappings, nor opened for writing.
TEST_F(FrozenPython, IsSealed) {
  const RunReport report = thaw(python_spec(R"(
import os
for name in os.listdir('/proc/self/map_files'):
    path = '/proc/self/map_files/' + name
    try:
        if 'frozen' in os.readlink(path): os.open(path, os.O_RDWR); print('opened', name)
    except OSError: pass
)"));
  EXPECT_EQ(report.stdout_text, "") << report.stderr_text;
}

// The interpreter says a word when its libraries are taken apart.
TEST_F(FrozenPython, LeavesItsLibrariesAsTheyAreUnlessTheProgramBroughtOthers) {
  auto frozen = freeze(R"(
import ctypes
libc = ctypes.CDLL(None)
libc.__cxa_atexit(libc.perror, None, None)
)");
  ASSERT_TRUE(frozen) << frozen.error().message;
  frozen_ = *std::move(frozen);
  const RunReport quick = thaw(python_spec("print('done')"));
  EXPECT_EQ(quick.stdout_text, "done\n");
  EXPECT_EQ(quick.stderr_text, "");
  const RunReport usual = thaw(python_spec("import ctypes; ctypes.CDLL('libresolv.so.2')"));
  EXPECT_NE(usual.stderr_text, "");
}

TEST_F(FrozenPython, StartsFreshWhereItIsOfNoUse) {
  RunSpec spec = python_spec("print('hello')");
  spec.frozen = frozen_;
  spec.limits.stack = 512_MiB;  // More than there is room for.
  const RunReport report = run(spec);
  EXPECT_FALSE(report.thawed);
  EXPECT_EQ(report.stdout_text, "hello\n");
}

TEST_F(FrozenPython, IsNotMadeOfOneWithMoreThanItsMemory) {
  EXPECT_EQ(refusal_of("import json"), "");
  EXPECT_EQ(refusal_of("import threading, time\n"
                       "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"),
            "freeze: has threads when it has started\n");
  EXPECT_EQ(refusal_of("import sys\nsys.left = open('/etc/passwd')"),
            "freeze: has files open when it has started\n");
  EXPECT_EQ(refusal_of("import os\nos.dup2(1, 900)"),
            "freeze: has files open when it has started\n");
  EXPECT_EQ(refusal_of("import random"), "freeze: has drawn random numbers when it has started\n");
}

TEST(Frozen, RefusesWhatIsNone) {
  EXPECT_FALSE(Frozen::make("", {}, Bytes{0}));
  EXPECT_FALSE(Frozen::make(std::string(200'000, 'x'), {}, Bytes{0}));
}

}  // namespace
}  // namespace engine::sandbox
