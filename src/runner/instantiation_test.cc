#include "runner/instantiation.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/testing/headers_fixture.h"

namespace engine::testing {
namespace {

using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::StartsWith;

// A compiler that says where its plugins lie, and makes one.
class FastHeadersTest : public HeadersTest {
 protected:
  FastHeadersTest() {
    options_.mode = CompileMode::kFast;
    language_.quick_options = {"-fuse-ld=quick"};
    const auto answer = boxes().answer;
    boxes().answer = [this, answer](const FakeRun& run) -> Result<RunReport> {
      const Words& argv = run.spec.argv;
      if (argv.back() == "-print-file-name=plugin") return printed(place_ + "\n");
      if (argv.back() == "instantiate.cc") return plugin_;
      if (has_plugin(run)) return with_plugin_;
      return answer(run);
    };
    plugin_.taken.push_back({
        .file = {"instantiate.so", "ELF"}
    });
    with_plugin_ = made_;
    open();
  }
  static bool has_plugin(const FakeRun& run) {
    return run.spec.argv.back() == "-fplugin=/box/instantiate.so";
  }
  // The runs that compiled headers: whether each had the plugin.
  std::vector<bool> makings() {
    std::vector<bool> all;
    for (const FakeRun& run : boxes().runs) {
      if (!run.files.empty() && run.files[0].name == "header.h") all.push_back(has_plugin(run));
    }
    return all;
  }

  std::string place_ = "/usr/lib/plugin";
  RunReport plugin_;
  RunReport with_plugin_;
};

TEST_F(FastHeadersTest, TemplatesAreInstantiatedWithTheHeaders) {
  EXPECT_FALSE(find());
  ASSERT_THAT(makings(), ElementsAre(true));
  const FakeRun& run = boxes().runs.back();
  EXPECT_EQ(run.files[0].content, "#include <bits/stdc++.h>\n#pragma engine instantiate\n");
  ASSERT_EQ(run.files.size(), 2U);
  EXPECT_EQ(run.files[1].name, "instantiate.so");
  EXPECT_EQ(run.files[1].content, "ELF");
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->arguments, ElementsAre(StartsWith("-I/opt/headers/"), "-fuse-ld=quick"));
}

TEST_F(FastHeadersTest, OnePluginServesAllSetsOfACompiler) {
  find();
  boxes().runs.clear();
  submission_.options = {"-O0"};
  find();
  EXPECT_THAT(makings(), ElementsAre(true));
  EXPECT_EQ(boxes().runs.size(), 1U);
  toolchain_ = "nc 2";
  find();
  EXPECT_EQ(boxes().runs.size(), 4U);
}

TEST_F(FastHeadersTest, WithoutAPluginHeadersAreCompiledAlone) {
  place_ = "plugin";  // As GCC says it where there is none.
  EXPECT_FALSE(find());
  EXPECT_THAT(makings(), ElementsAre(false));
  EXPECT_EQ(boxes().runs.back().files.at(0).content, "#include <bits/stdc++.h>\n");
  EXPECT_TRUE(find());
}

TEST_F(FastHeadersTest, APluginThatCannotBeMadeIsDoneWithout) {
  plugin_ = exited(1);
  find();
  EXPECT_THAT(makings(), ElementsAre(false));
  EXPECT_TRUE(find());
}

TEST_F(FastHeadersTest, APluginThatDoesNotFitIsDoneWithout) {
  with_plugin_ = exited(1);
  find();
  EXPECT_THAT(makings(), ElementsAre(true, false));
  EXPECT_TRUE(find());
}

TEST_F(FastHeadersTest, ModesHaveSetsOfTheirOwn) {
  make();
  const auto fast = find();
  ASSERT_TRUE(fast);
  options_.mode = CompileMode::kExact;
  open();
  EXPECT_FALSE(find());
  EXPECT_NE(find()->key, fast->key);
  EXPECT_THAT(find()->arguments, ElementsAre(StartsWith("-I/opt/headers/"), "-fuse-ld=quick"));
}

}  // namespace
}  // namespace engine::testing
