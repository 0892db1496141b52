// Programs of Python, each started fresh and from a frozen interpreter, in the same kind of box:
// what they do is to be the same, to the byte. tests/warm/lines.txt has one program a line, with `
// for a new line, and so have ends.txt, of what is left when a program ends, and numpy.txt, for an
// interpreter that has imported NumPy already;
// tests/warm/modules.txt names modules, each of which is imported and looked at.

#include <atomic>
#include <fstream>
#include <mutex>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/thread_sanitizer.h"
#include "sandbox/frozen.h"
#include "sandbox/native_test.h"

namespace engine::sandbox {
namespace {

constexpr int kThreads = 2;

// The thread sanitizer has nothing to find in what other processes do: it sees some.
constexpr std::size_t kStep = kThreadSanitizer ? 20 : 1;

std::vector<std::string> lines_of(const char* file) {
  std::ifstream in(std::string(ENGINE_SOURCE_DIR "/tests/warm/") + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

struct Program {
  std::string name;
  std::vector<File> files;
  std::vector<std::string> args;
  std::string input;
};

Program program_of(std::string name, std::string text) {
  return {std::move(name), {{"main.py", std::move(text), false}}, {}, {}};
}

void add_lines(std::vector<Program>& programs, const char* file, const std::string& before = {}) {
  int number = 0;
  for (std::string line : lines_of(file)) {
    std::replace(line.begin(), line.end(), '`', '\n');
    Program program =
        program_of(std::string(file) + " " + std::to_string(++number), before + line + "\n");
    program.input = "first line\nsecond line\n";
    programs.push_back(std::move(program));
  }
}

void add_modules(std::vector<Program>& programs) {
  for (const std::string& module : lines_of("modules.txt")) {
    programs.push_back(program_of("module " + module, "import sys, " + module + R"(
m = sys.modules[')" + module + R"(']
print(list(sys.modules))
print(sorted(dir(m)), getattr(m, '__file__', None), m.__spec__ and m.__spec__.origin)
print(m.__package__, sorted(k for k, v in vars(m).items() if isinstance(v, (int, str, tuple))))
)"));
  }
}

void add_shapes(std::vector<Program>& programs) {
  programs.push_back({
      "shadows",
      {{"main.py", "import json; print(json.here, json.__file__)", false},
        {"json.py", "here = 1", false}},
      {},
      {}
  });
  programs.push_back({
      "shadows what has started",
      {{"main.py", "import os, abc, codecs, site, stat; print(os, site)", false},
        {"os.py", "print('never')", false},
        {"abc.py", "print('never')", false},
        {"encodings.py", "print('never')", false}},
      {},
      {}
  });
  programs.push_back({
      "a package",
      {{"main.py", "from pack import sub; print(sub, sub.__name__)", false},
        {"pack/__init__.py", "print(__name__, __path__)", false},
        {"pack/sub.py", "from . import other", false},
        {"pack/other.py", "print(__package__)", false}},
      {},
      {}
  });
  programs.push_back({
      "sitecustomize",
      {{"main.py", "print('main')", false},
        {"sitecustomize.py", "print('customized')", false},
        {"usercustomize.py", "print('customized')", false}},
      {},
      {}
  });
  programs.push_back({
      "arguments",
      {{"main.py", "import sys; print(sys.argv, sys.orig_argv)", false}},
      {"", "-c", "--", "ä€", "a b", "-x", "\xff"},
      {}
  });
  programs.push_back({"argparse",
                      {{"main.py",
                        "import argparse\np = argparse.ArgumentParser()\n"
                        "p.add_argument('n', type=int)\nprint(p.parse_args())",
                        false}},
                      {"x"},
                      {}});
  programs.push_back({"input of bytes", {{"main.py", "print(input())", false}}, {}, "\xff\n"});
  programs.push_back({"much input",
                      {{"main.py", "import sys\nprint(sum(len(l) for l in sys.stdin))", false}},
                      {},
                      std::string(3'000'000, '\n')});
  programs.push_back(
      {"nul in the source", {{"main.py", std::string("print(1)\0\n", 10), false}}, {}, {}});
  programs.push_back({"bom", {{"main.py", "\xef\xbb\xbfprint('bom')", false}}, {}, {}});
  programs.push_back({"crlf", {{"main.py", "print(1)\r\nif 1:\r\n  print(2)\r\n", false}}, {}, {}});
  programs.push_back({"no utf-8", {{"main.py", "print('\xe4')", false}}, {}, {}});
}

struct Outcome {
  End end = End::kExited;
  int exit_code = 0;
  int signal = 0;
  std::string out;
  std::string err;
  bool operator==(const Outcome&) const = default;
};

// Addresses and threads' identities differ between any two runs.
std::string without_numbers(const std::string& text) {
  static const std::regex kNumbers("0x[0-9a-f]{6,}|[0-9]{13,}");
  return std::regex_replace(text, kNumbers, "#");
}

Outcome outcome_of(const RunReport& report) {
  return {report.end, report.exit_code, report.signal, without_numbers(report.stdout_text),
          without_numbers(report.stderr_text)};
}

class FrozenOracle : public NativeTest {
 protected:
  // `environment` decides on the hash seed: where it is fixed, so is the order of sets.
  void compare(const std::vector<Program>& programs, std::vector<std::string> environment,
               std::vector<std::string> preload = {}) {
    if (!boxes().can_thaw()) GTEST_SKIP() << "no interpreter can be frozen on this machine";
    environment.insert(environment.end(), {"PATH=/usr/bin:/bin", "HOME=/box", "LANG=C.UTF-8",
                                           "PYTHONDONTWRITEBYTECODE=1", "PYTHONUTF8=1"});
    environment_ = std::move(environment);
    auto box = boxes().acquire("host");
    ASSERT_TRUE(box) << box.error().message;
    auto frozen = freeze_python(
        **box,
        {.argv = {"/usr/bin/python3"}, .environment = environment_, .preload = std::move(preload)});
    ASSERT_TRUE(frozen) << frozen.error().message;
    frozen_ = *frozen;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] { compare_some(programs); });
    threads.clear();
    EXPECT_EQ(differing_, 0) << "of " << programs.size();
  }

 private:
  void compare_some(const std::vector<Program>& programs) {
    auto box = boxes().acquire("host");
    ASSERT_TRUE(box) << box.error().message;
    for (std::size_t i = next_++; i < programs.size(); i = next_++) {
      if (i % kStep != 0) continue;
      RunSpec spec;
      spec.argv = {"/usr/bin/python3", "main.py"};
      spec.argv.insert(spec.argv.end(), programs[i].args.begin(), programs[i].args.end());
      spec.environment = environment_;
      spec.files = FileSet::make(programs[i].files);
      spec.input = programs[i].input;
      spec.limits.cpu_time = Milliseconds{20'000};
      spec.limits.wall_time = Milliseconds{60'000};
      const auto fresh = (*box)->run(spec);
      spec.frozen = frozen_;
      const auto thawed = (*box)->run(spec);
      ASSERT_TRUE(fresh) << fresh.error().message;
      ASSERT_TRUE(thawed) << thawed.error().message;
      check(programs[i], *fresh, *thawed);
    }
  }

  void check(const Program& program, const RunReport& fresh, const RunReport& thawed) {
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(thawed.thawed) << program.name;
    const Outcome want = outcome_of(fresh);
    const Outcome got = outcome_of(thawed);
    if (want == got) return;
    ++differing_;
    EXPECT_EQ(got.end, want.end) << program.name;
    EXPECT_EQ(got.exit_code, want.exit_code) << program.name;
    EXPECT_EQ(got.signal, want.signal) << program.name;
    EXPECT_EQ(got.out, want.out) << program.name << ": " << program.files[0].content;
    EXPECT_EQ(got.err, want.err) << program.name << ": " << program.files[0].content;
  }

  std::vector<std::string> environment_;
  std::shared_ptr<const Frozen> frozen_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  int differing_ = 0;
};

TEST_F(FrozenOracle, ProgramsDoTheSame) {
  std::vector<Program> programs;
  add_lines(programs, "lines.txt");
  add_modules(programs);
  add_shapes(programs);
  ASSERT_GE(programs.size(), 500);
  compare(programs, {"PYTHONHASHSEED=0"});
}

TEST_F(FrozenOracle, ProgramsEndTheSame) {
  std::vector<Program> programs;
  add_lines(programs, "ends.txt");
  compare(programs, {"PYTHONHASHSEED=0"});
}

TEST_F(FrozenOracle, ProgramsEndTheSameWithWhatTheyImportPreloaded) {
  std::vector<Program> programs;
  add_lines(programs, "ends.txt", "import numpy\n");
  compare(programs, {"PYTHONHASHSEED=0"}, {"numpy"});
}

TEST_F(FrozenOracle, ProgramsDoTheSameWithASeedOfChance) {
  std::vector<Program> programs;
  add_shapes(programs);
  programs.push_back(program_of("flags", "import sys; print(sys.flags)"));
  programs.push_back(program_of("sets", "print(sorted({'a', 'b', 'c'}), len({hash('x'), 1}))"));
  compare(programs, {});
}

TEST_F(FrozenOracle, ProgramsDoTheSameWithWhatTheyImportPreloaded) {
  std::vector<Program> programs;
  add_lines(programs, "numpy.txt");
  compare(programs, {"PYTHONHASHSEED=0"}, {"numpy"});
}

}  // namespace
}  // namespace engine::sandbox
