#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sandbox/boxes.h"
#include "sandbox/native.h"
#include "sandbox/testing/box_contract.h"

// What the tests of native boxes share. They need root and a kernel that gives what the engine
// promises; without root they are skipped by name.
namespace engine::sandbox {

// Apart from an engine that may run on the same machine.
NativeOptions test_options(Reuse reuse = Reuse::kSubmission);

// For tests of each policy.
inline std::string policy_name(const ::testing::TestParamInfo<Reuse>& info) {
  switch (info.param) {
    case Reuse::kRun: return "Run";
    case Reuse::kSubmission: return "Submission";
    case Reuse::kPool: return "Pool";
  }
  return "";
}

// What is left of boxes: their cgroups' directories, and processes of the host users from `first`
// on that an instance's boxes are given.
std::string cgroups_left(const std::string& parent);
std::string processes_left(unsigned first);

// What all boxes below it may use together, by the hierarchy that has the memory controller.
void limit_memory_of(const std::string& parent, Bytes limit);

// Boxes that are shared with nobody.
std::unique_ptr<Boxes> make_boxes(const NativeOptions& options);

class NativeTest : public ::testing::Test {
 protected:
  static void TearDownTestSuite();
  void SetUp() override;

  // Boxes that the tests of one suite share; made on first use.
  static Boxes& boxes();
  // One run in a box of its own.
  static RunReport run(const RunSpec& spec);
};

}  // namespace engine::sandbox
