#include "language/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using ::testing::ElementsAre;

TEST(Expand, FillsEveryPlaceholderIn) {
  const Language language{
      .programs = {"/opt/x", "/usr/bin/x"}
  };
  const CommandInputs inputs{.entry = "src/b.x", .main_class = "p.Main", .memory = 100_MiB};
  EXPECT_THAT(expand(language, {"{program}", "-m{memory_mib}m", "{stem}.o:{entry}", "{class}", "-"},
                     inputs),
              ElementsAre("/opt/x", "-m100m", "src/b.o:src/b.x", "p.Main", "-"));
}

TEST(Expand, WhatIsFilledInIsNotReadAgain) {
  const CommandInputs inputs{.entry = "{class}.x", .main_class = "{entry}"};
  EXPECT_THAT(expand(Language{}, {"/x", "{entry}{class}"}, inputs),
              ElementsAre("/x", "{class}.x{entry}"));
}

TEST(Expand, SourcesBeginWithTheEntry) {
  const CommandInputs inputs{
      .entry = "m.c", .sources = {"a.c", "m.c", "z.c"}
  };
  EXPECT_THAT(expand(Language{}, {"/cc", "{sources}", "-lm"}, inputs),
              ElementsAre("/cc", "m.c", "a.c", "z.c", "-lm"));
}

TEST(Expand, ADefaultOptionYieldsToOneOfItsName) {
  const Language language{
      .default_options = {"--edition=2021", "-g"}
  };
  const auto options = [&](std::vector<std::string> requested) {
    return expand(language, {"/x", "{options}"}, {.options = std::move(requested)});
  };
  EXPECT_THAT(options({}), ElementsAre("/x", "--edition=2021", "-g"));
  EXPECT_THAT(options({"-O"}), ElementsAre("/x", "--edition=2021", "-g", "-O"));
  EXPECT_THAT(options({"--edition=2018"}), ElementsAre("/x", "-g", "--edition=2018"));
  EXPECT_THAT(options({"--edition=2021", "-g"}), ElementsAre("/x", "--edition=2021", "-g"));
}

TEST(Expand, MemoryLeavesTheReserveButNeverTakesMoreThanHalf) {
  const Language language{.memory_reserve = 64_MiB};
  const auto memory = [&](Bytes limit) {
    return expand(language, {"{memory_mib}"}, {.memory = limit}).front();
  };
  EXPECT_EQ(memory(512_MiB), "448");
  EXPECT_EQ(memory(100_MiB), "50");
  EXPECT_EQ(memory(Bytes{5}), "1");
}

TEST(Expand, StemIsWithoutTheLastExtension) {
  const auto stem = [](std::string_view entry) {
    return expand(Language{}, {"{stem}"}, {.entry = entry}).front();
  };
  EXPECT_EQ(stem("a/b.tar.x"), "a/b.tar");
  EXPECT_EQ(stem("a.d/b"), "a.d/b");
  EXPECT_EQ(stem("a/.hidden"), "a/.hidden");
  EXPECT_EQ(stem(".hidden"), ".hidden");
}

}  // namespace
}  // namespace engine
