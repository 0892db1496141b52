#include "base/log.h"

#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::log {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// What the program would print to standard error meanwhile.
template <typename Speak>
std::string heard(Speak speak) {
  ::testing::internal::CaptureStderr();
  speak();
  std::fflush(stderr);
  return ::testing::internal::GetCapturedStderr();
}

// Names as a stranger would choose them to end our line, and begin one of his own.
const std::string kForged = "x\r\n{\"message\":\"in\\\"\x1b[2J\x7f\tend";

TEST(Log, NoValueEndsALineOrAQuote) {
  configure(Level::kInfo, Format::kText);
  const std::string line = heard([] {
    warning("a file is odd", {
                                 {"name", kForged}
    });
  });
  EXPECT_THAT(line, EndsWith("Z warning a file is odd name=\"x\\u000d\\u000a{\\\"message\\\":\\\"in"
                             "\\\\\\\"\\u001b[2J\\u007f\\u0009end\"\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, WhatIsBelowTheLevelIsNotWritten) {
  configure(Level::kWarning, Format::kText);
  EXPECT_THAT(heard([] { info("not said"); }), IsEmpty());
  EXPECT_THAT(heard([] { error("said"); }), Not(IsEmpty()));
}

// The last: there is no way back to text.
TEST(Log, AsJsonEachLineIsOneObject) {
  configure(Level::kDebug, Format::kJson);
  const std::string line = heard([] {
    debug("a file is odd", {
                               {"name", kForged},
                               {"b",    ""     }
    });
  });
  EXPECT_THAT(line, StartsWith(R"({"time":")"));
  EXPECT_THAT(
      line, EndsWith("\"level\":\"debug\",\"message\":\"a file is odd\",\"name\":\"x\\u000d\\u000a{"
                     "\\\"message\\\":\\\"in\\\\\\\"\\u001b[2J\\u007f\\u0009end\",\"b\":\"\"}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace engine::log
