#include "runner/precompiled_headers.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/testing/headers_fixture.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST_F(HeadersTest, TheWholeLibraryIsCompiledForTheFirstSource) {
  submission_.options = {"-g"};
  EXPECT_FALSE(find());
  ASSERT_EQ(boxes().runs.size(), 1U);
  const FakeRun& run = boxes().runs[0];
  EXPECT_EQ(run.image, "tools");
  EXPECT_THAT(run.spec.argv, ElementsAre("/usr/bin/nh", "-O2", "-g"));
  EXPECT_EQ(run.spec.environment, make_plan(submission_, language_).environment);
  EXPECT_EQ(run.spec.limits.memory, 3_GiB);
  ASSERT_EQ(run.files.size(), 1U);
  EXPECT_EQ(run.files[0].name, "header.h");
  EXPECT_EQ(run.files[0].content, "#include <bits/stdc++.h>\n");  // Nothing of the client's.
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->arguments, ElementsAre("-I/opt/headers/" + found->key));
  EXPECT_TRUE(fs::exists(fs::path(directory_.path()) / found->key / "bits/stdc++.h.gch"));
  EXPECT_EQ(headers_->figures().made, 1U);
}

TEST_F(HeadersTest, OthersAreCompiledWhenSourcesBeganSoSeveralTimes) {
  for (int i = 0; i < options_.sources; ++i) {
    EXPECT_THAT(boxes().runs, IsEmpty());
    submission_.files[0].content = "// " + std::to_string(i) + "\n" + kSome;
    EXPECT_FALSE(find());
  }
  ASSERT_EQ(boxes().runs.size(), 1U);
  EXPECT_EQ(boxes().runs[0].files.at(0).content, "#include <map>\n#include <set>\n");
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->arguments,
              ElementsAre("-include", "/opt/headers/" + found->key + "/preamble.h"));
}

TEST_F(HeadersTest, WhatDecidesACompileDecidesTheSet) {
  make();
  ASSERT_TRUE(find());
  submission_.options = {"-O0"};
  EXPECT_FALSE(find());
  submission_.options = {};
  ASSERT_TRUE(find());
  toolchain_ = "nc 2";
  EXPECT_FALSE(find());
}

TEST_F(HeadersTest, SeveralSourcesShareOnlyWhatStandsInAHeadersPlace) {
  submission_.files = {
      {"main.n",  kSome},
      {"other.n", kSome}
  };
  make();
  EXPECT_FALSE(find());
  submission_.files[1].content = kWhole;
  make();
  EXPECT_TRUE(find());
}

TEST_F(HeadersTest, ASourceThatBeginsOtherwiseOrdersNothing) {
  submission_.files[0].content = "#define int long\n#include <bits/stdc++.h>\n";
  make();
  EXPECT_FALSE(find());
  submission_.files[0].content = kWhole;
  language_.runner = BoxKind::kDocker;
  EXPECT_FALSE(find());
  language_.runner = BoxKind::kNative;
  language_.precompile.clear();
  EXPECT_FALSE(find());
  EXPECT_THAT(boxes().runs, IsEmpty());
}

TEST_F(HeadersTest, WhatIsOrderedDuringARestIsMadeAfterIt) {
  options_.rest = 10;
  made_.cpu_time = Microseconds{1'000};
  open();
  for (const char* option : {"-O0", "-O1", "-O3"}) {
    submission_.options = {option};
    EXPECT_FALSE(find());
  }
  EXPECT_EQ(boxes().runs.size(), 3U);
}

// As many as are remembered, and more: those that were asked for last are still made.
TEST_F(HeadersTest, WhatWasAskedForLongestAgoIsForgotten) {
  for (int i = 0; i < 600; ++i) {
    submission_.files[0].content = "#include <header" + std::to_string(i) + ">\n";
    headers_->find(language_, make_plan(submission_, language_));
  }
  EXPECT_THAT(boxes().runs, IsEmpty());
  for (int i = 1; i < options_.sources; ++i)
    find();
  EXPECT_EQ(boxes().runs.size(), 1U);
}

TEST_F(HeadersTest, TheDiskServesTheNextProcess) {
  make();
  open();
  EXPECT_FALSE(find());
  EXPECT_TRUE(find());
  EXPECT_THAT(boxes().runs, IsEmpty());
}

TEST_F(HeadersTest, WhatWasChangedIsMadeAnew) {
  make();
  const fs::path file = the_set() / "bits/stdc++.h.gch";
  fs::permissions(file, fs::perms::owner_all);
  std::ofstream(file) << "evil";
  EXPECT_FALSE(find());
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nh"));
  EXPECT_TRUE(find());
}

TEST_F(HeadersTest, WhatCannotBeMadeIsNotTriedAgainSoon) {
  made_ = exited(1);
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(find());
  EXPECT_EQ(boxes().runs.size(), 1U);
  EXPECT_TRUE(compile());
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}
TEST_F(HeadersTest, WhatACompilerDoesNotTakeIsUsedNoMore) {
  for (const char* said :
       {"cc1plus: warning: x.gch: not used because `X' is defined [-Winvalid-pch]\n",
        "cc1plus: warning: /opt/headers/x: No such file or directory [-Wmissing-include-dirs]\n",
        "cc1plus: fatal error: /opt/headers/x/preamble.h: No such file or directory\n"}) {
    make();
    ASSERT_TRUE(find());
    quick_ = built();
    quick_.log = said;
    EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
    EXPECT_FALSE(find());
    boxes().runs.clear();
    EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
    EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc", "/box/main"));
    open();
  }
}

}  // namespace
}  // namespace engine::testing
