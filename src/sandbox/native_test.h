#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sandbox/boxes.h"
#include "sandbox/native.h"

// What the tests of native boxes share. They need root and a kernel that gives what the engine
// promises; without root they are skipped by name.
namespace engine::sandbox {

// Apart from an engine that may run on the same machine.
NativeOptions test_options(Reuse reuse = Reuse::kSubmission);

// A time limit as it is meant for an ordinary machine; the emulated one of tools/cgroup2-vm is some
// thirty times slower.
Microseconds scaled(Microseconds time);

// Those of tests/hostile: 128 MiB, 32 processes, 3 s, 1.5 s CPU, 64 KiB output, 16 MiB disk, 1,000
// files.
RunLimits small_limits();

// A program of tests/hostile/programs as a file named "program", compiled if it has to be.
std::shared_ptr<const FileSet> hostile_program(const std::string& name);

// With times that no load of the machine makes too short.
RunSpec shell(const std::string& script);
RunSpec python(const std::string& program);

// What is left of boxes: their cgroups' directories, and processes of the host users from `first`
// on that an instance's boxes are given.
std::string cgroups_left(const std::string& parent);
std::string processes_left(unsigned first);

// Boxes that are shared with nobody, and one run in a box of their own.
std::unique_ptr<Boxes> make_boxes(const NativeOptions& options);
RunReport run_in(Boxes& boxes, const std::string& image, const RunSpec& spec);

class NativeTest : public testing::Test {
 protected:
  static void TearDownTestSuite();
  void SetUp() override;

  // Boxes that the tests of one suite share; made on first use.
  static Boxes& boxes();
  // One run in a box of its own.
  static RunReport run(const RunSpec& spec);
};

}  // namespace engine::sandbox
