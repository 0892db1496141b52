#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sandbox/boxes.h"

// The contract of Boxes, once, for every implementation of it: what its tests stand on. A test
// program includes those of *_contract.h that hold for it, and instantiates them.
namespace engine::sandbox {

struct BoxBackend {
  std::string name;
  std::string image;
  std::function<std::unique_ptr<Boxes>(Reuse)> make;
  std::function<std::string()> problem;  // Why there can be none here; empty: nothing is wrong.
  int disks = 1;                         // File systems that a run may fill, each to its limit.
};
inline std::ostream& operator<<(std::ostream& out, const BoxBackend& backend) {
  return out << backend.name;
}
inline std::string backend_name(const ::testing::TestParamInfo<BoxBackend>& info) {
  return info.param.name;
}

// A time limit as it is meant for an ordinary machine; the emulated one of tools/cgroup2-vm is some
// thirty times slower.
inline Microseconds scaled(Microseconds time) {
  return std::getenv("CGROUP2_VM") == nullptr ? time : time * 30;  // NOLINT: one thread
}

// Those of tests/hostile: 128 MiB, 32 processes, 3 s, 1.5 s CPU, 64 KiB output, 16 MiB disk, 1,000
// files.
inline RunLimits small_limits() {
  RunLimits limits;
  limits.cpu_time = scaled(Microseconds{1'500'000});
  limits.wall_time = scaled(Microseconds{3'000'000});
  limits.memory = 128_MiB;
  limits.processes = 32;
  limits.output = 64_KiB;
  limits.disk = 16_MiB;
  limits.files = 1'000;
  return limits;
}

// A program of tests/hostile/programs as a file named "program", compiled if it has to be.
inline std::shared_ptr<const FileSet> hostile_program(const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path source = fs::path(ENGINE_SOURCE_DIR) / "tests/hostile/programs" / name;
  const bool is_compiled = source.extension() == ".c";
  const fs::path program = is_compiled ? fs::path(ENGINE_HOSTILE_PROGRAMS) / source.stem() : source;
  std::ifstream in(program, std::ios::binary);
  if (!in) throw std::runtime_error(program.string() + " is not there");
  return FileSet::make({
      {"program", {std::istreambuf_iterator<char>(in), {}}, true}
  });
}

// With times that no load of the machine makes too short.
inline RunSpec command(std::vector<std::string> argv) {
  RunSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.limits.cpu_time = Microseconds{60'000'000};
  spec.limits.wall_time = Microseconds{120'000'000};
  return spec;
}
inline RunSpec shell(const std::string& script) {
  return command({"/bin/sh", "-c", script});
}
inline RunSpec python(const std::string& program) {
  return command({"/usr/bin/python3", "-S", "-c", program});
}

// One run in a box of its own.
inline RunReport run_in(Boxes& boxes, const std::string& image, const RunSpec& spec) {
  auto box = boxes.acquire(image);
  if (!box) throw std::runtime_error(box.error().message);
  auto report = (*box)->run(spec);
  if (!report) throw std::runtime_error(report.error().message);
  return *std::move(report);
}

class BoxContract : public ::testing::TestWithParam<BoxBackend> {
 protected:
  static void TearDownTestSuite() { shared().reset(); }
  void SetUp() override {
    const std::string problem = GetParam().problem();
    if (!problem.empty()) GTEST_SKIP() << problem;
  }

  // Boxes that the tests of one suite share; made on first use.
  Boxes& boxes() {
    if (shared() == nullptr) shared() = GetParam().make(Reuse::kSubmission);
    return *shared();
  }
  Result<std::unique_ptr<Box>> acquire() { return boxes().acquire(GetParam().image); }
  RunReport run(const RunSpec& spec) { return run_in(boxes(), GetParam().image, spec); }

 private:
  static std::unique_ptr<Boxes>& shared() {
    static std::unique_ptr<Boxes> boxes;
    return boxes;
  }
};

}  // namespace engine::sandbox
