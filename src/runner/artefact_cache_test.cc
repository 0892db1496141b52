#include "runner/artefact_cache.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/test_directory.h"
#include "runner/artefact_key.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

using sandbox::FileSet;

const std::string kKey(64, 'a');
const std::string kOther(64, 'b');

Compiled program(std::string code) {
  return {
      .log = "a warning\n",
      .usage = {Microseconds{70'000}, Microseconds{90'000}, 40_MiB, 3},
      .files = FileSet::make({{"main", std::move(code), true}, {"data.txt", "1", false}}
        )
  };
}

Compiled refusal() {
  return {.exit_code = 1, .log = "main.cpp:1: error\n"};
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ArtefactCacheTest : public ::testing::Test {
 protected:
  // A new one finds what the one before left on the disk, and nothing in memory.
  std::unique_ptr<ArtefactCache> open(ArtefactCacheOptions options = {}, Bytes floor = {}) {
    return std::make_unique<ArtefactCache>(
        options, cache_, floor, [](const Language&) { return std::string("gcc 12"); }, clock_);
  }
  std::string path_of(const std::string& key) const { return cache_ + "/" + key; }
  void write(const std::string& key, const std::string& bytes) const {
    std::ofstream(path_of(key), std::ios::binary) << bytes;
  }
  void age(const std::string& key, int hours) const {
    fs::last_write_time(path_of(key), fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }

  TestDirectory directory_;
  const std::string cache_ = directory_.path() + "/cache";
  StepClock clock_;
};

TEST_F(ArtefactCacheTest, WhatWasKeptIsFoundInMemoryAndByALaterProcess) {
  auto cache = open();
  EXPECT_EQ(cache->find(kKey), nullptr);
  cache->keep(kKey, program("ELF"));
  for (const bool later : {false, true}) {
    if (later) cache = open();
    const auto found = cache->find(kKey);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->exit_code, 0);
    EXPECT_EQ(found->log, "a warning\n");
    EXPECT_EQ(found->usage, program("ELF").usage);
    const auto& files = found->files->files();
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].name, "main");
    EXPECT_EQ(files[0].content, "ELF");
    EXPECT_TRUE(files[0].executable);
    EXPECT_FALSE(files[1].executable);
    EXPECT_EQ(cache->find(kOther), nullptr);
  }
  EXPECT_EQ(cache->figures().hits, 1U);
  EXPECT_EQ(cache->figures().misses, 1U);
}

TEST_F(ArtefactCacheTest, ARefusalIsKeptInMemoryAlone) {
  auto cache = open();
  cache->keep(kKey, refusal());
  const auto found = cache->find(kKey);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->exit_code, 1);
  EXPECT_EQ(found->log, "main.cpp:1: error\n");
  EXPECT_EQ(found->files, nullptr);
  EXPECT_FALSE(fs::exists(path_of(kKey)));
  cache = open();
  EXPECT_EQ(cache->find(kKey), nullptr);
}

TEST_F(ArtefactCacheTest, ARefusalOfAnEarlierVersionIsRemoved) {
  const auto cache = open();
  write(kKey, encode(kKey, refusal()));
  EXPECT_EQ(cache->find(kKey), nullptr);
  EXPECT_FALSE(fs::exists(path_of(kKey)));
}

TEST_F(ArtefactCacheTest, RunsShareThePreparedForm) {
  const auto cache = open();
  cache->keep(kKey, program("ELF"));
  const int bundle = cache->find(kKey)->files->bundle_fd();
  ASSERT_GE(bundle, 0);
  EXPECT_EQ(cache->find(kKey)->files->bundle_fd(), bundle);
}

// Every byte counts: of a copy that was changed, cut off or made longer nothing is believed.
TEST_F(ArtefactCacheTest, ADamagedCopyIsNotFoundAndRemoved) {
  open()->keep(kKey, program("ELF"));
  const std::string whole = content_of(path_of(kKey));
  std::vector<std::string> damaged = {whole + "x", ""};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    damaged.push_back(whole.substr(0, i));
    damaged.push_back(whole);
    damaged.back()[i] = static_cast<char>(damaged.back()[i] ^ 1);
  }
  const auto cache = open();
  for (const std::string& bytes : damaged) {
    write(kKey, bytes);
    EXPECT_EQ(cache->find(kKey), nullptr);
    EXPECT_FALSE(fs::exists(path_of(kKey)));
  }
  write(kKey, whole);
  EXPECT_NE(cache->find(kKey), nullptr);
}

TEST_F(ArtefactCacheTest, TwoCopiesThatAreSwappedAreNotFound) {
  const auto first = open();
  first->keep(kKey, program("mine"));
  first->keep(kOther, program("yours"));
  fs::rename(path_of(kKey), path_of("x"));
  fs::rename(path_of(kOther), path_of(kKey));
  fs::rename(path_of("x"), path_of(kOther));
  const auto cache = open();
  EXPECT_EQ(cache->find(kKey), nullptr);
  EXPECT_EQ(cache->find(kOther), nullptr);
}

// Whole and with the right digest, and still not put anywhere.
TEST_F(ArtefactCacheTest, ANameThatLeadsElsewhereIsRefused) {
  for (const std::string name : {"../main", "/etc/passwd", "a/../../b", "", "@file", "a\\b"}) {
    const Compiled planted{
        .files = FileSet::make({{name, "ELF", true}}
          )
    };
    const auto cache = open();
    write(kKey, encode(kKey, planted));
    EXPECT_EQ(cache->find(kKey), nullptr) << name;
    EXPECT_FALSE(fs::exists(path_of(kKey)));
  }
}

TEST_F(ArtefactCacheTest, LinksAndPipesInItsPlaceAreNotFollowed) {
  const auto cache = open();
  cache->keep(kOther, program("ELF"));
  fs::create_symlink(path_of(kOther), path_of(kKey));
  EXPECT_EQ(open()->find(kKey), nullptr);
  fs::remove(path_of(kKey));
  ASSERT_EQ(::mkfifo(path_of(kKey).c_str(), 0600), 0);
  EXPECT_EQ(open()->find(kKey), nullptr);
}

TEST_F(ArtefactCacheTest, TheDiskIsBoundedAndWhatWasUsedLongestAgoGoesFirst) {
  const ArtefactCacheOptions options{.disk = Bytes{8 * 4096}, .memory = {}};
  auto cache = open(options);
  const auto key = [](int i) { return std::string(64, static_cast<char>('0' + i)); };
  for (int i = 0; i < 8; ++i) {
    cache->keep(key(i), program("ELF"));
    age(key(i), 8 - i);
  }
  EXPECT_EQ(cache->figures().disk, Bytes{8 * 4096});
  EXPECT_NE(cache->find(key(0)), nullptr);  // Used: not the oldest any more.
  cache->keep(key(8), program("ELF"));
  EXPECT_LE(cache->figures().disk, Bytes{8 * 4096});
  EXPECT_NE(cache->find(key(0)), nullptr);
  EXPECT_EQ(cache->find(key(1)), nullptr);
  EXPECT_NE(cache->find(key(8)), nullptr);
}

TEST_F(ArtefactCacheTest, AStartRemovesWhatIsTooMuchAndWhatACrashLeft) {
  for (const auto& key : {kKey, kOther})
    open()->keep(key, program("ELF"));
  age(kKey, 1);
  write(kKey + ".7.part", "half of a pro");
  const auto cache = open({.disk = Bytes{4096 + 512}});
  EXPECT_FALSE(fs::exists(path_of(kKey + ".7.part")));
  EXPECT_FALSE(fs::exists(path_of(kKey)));
  EXPECT_TRUE(fs::exists(path_of(kOther)));
}

TEST_F(ArtefactCacheTest, MemoryIsBoundedAndWhatWasUsedLongestAgoGoesFirst) {
  const Bytes each = ArtefactMemory::cost_of(program("ELF"));
  ArtefactMemory memory({each.count * 2});
  const auto put = [&](const std::string& key) {
    memory.put(key, std::make_shared<const Compiled>(program("ELF")));
  };
  put("a");
  put("b");
  EXPECT_NE(memory.get("a"), nullptr);
  put("c");
  EXPECT_NE(memory.get("a"), nullptr);
  EXPECT_EQ(memory.get("b"), nullptr);
  EXPECT_NE(memory.get("c"), nullptr);
  put("c");
  EXPECT_EQ(memory.held(), Bytes{each.count * 2});
  memory.put("huge", std::make_shared<const Compiled>(program(std::string(1 << 20, 'x'))));
  EXPECT_EQ(memory.get("huge"), nullptr);
  EXPECT_NE(memory.get("a"), nullptr);
}

TEST_F(ArtefactCacheTest, ADiskThatFailsOnlyMeansThatLaterProcessesCompile) {
  const auto no_room = open({}, Bytes{std::int64_t{1} << 60});
  no_room->keep(kKey, program("ELF"));
  EXPECT_NE(no_room->find(kKey), nullptr);
  EXPECT_FALSE(fs::exists(path_of(kKey)));
  fs::remove_all(cache_);
  std::ofstream{cache_} << "a file where the directory should be";
  const auto no_directory = open();
  no_directory->keep(kKey, program("ELF"));
  EXPECT_NE(no_directory->find(kKey), nullptr);
}

// Each differs from the first in one thing that may decide what comes of the compile.
TEST(ArtefactKey, NoTwoCompilesShareOne) {
  Submission base;
  base.files = {
      {"main.n", "ab"},
      {"b.n",    "c" },
      {"d.txt",  ""  }
  };
  base.entry = "main.n";
  base.options = {"-O2"};
  base.tests = {{}};
  std::set<std::string> keys;
  int asked = 0;
  const auto ask = [&](const Submission& submission, const Language& language = kNative,
                       const std::string& toolchain = "gcc 12", const std::string& owner = "") {
    ++asked;
    keys.insert(artefact_key(toolchain, owner, language, make_plan(submission, language)));
  };
  const auto ask_with = [&](auto change) {
    Submission submission = base;
    change(submission);
    ask(submission);
  };
  ask(base);
  ask_with([](Submission& s) {
    s.files = {
        {"main.n", "a" },
        {"b.n",    "bc"},
        {"d.txt",  ""  }
    };
  });
  ask_with([](Submission& s) {
    s.files = {
        {"main.n", "ab"},
        {"b.nc",   ""  },
        {"d.txt",  ""  }
    };
  });
  ask_with([](Submission& s) {
    s.files = {
        {"main.n", "ab"},
        {"c.n",    "c" },
        {"d.txt",  ""  }
    };
  });
  ask_with([](Submission& s) { s.files.pop_back(); });
  ask_with([](Submission& s) { s.files.back().content = "x"; });
  ask_with([](Submission& s) { s.files[1] = {"b.n", std::string("c\0", 2)}; });
  ask_with([](Submission& s) { s.entry = "b.n"; });
  ask_with([](Submission& s) { s.options = {"-O3"}; });
  ask_with([](Submission& s) { s.options = {"-O2", "-g"}; });
  ask_with([](Submission& s) { s.options = {"-O2 -g"}; });
  ask_with([](Submission& s) { s.options = {}; });
  ask_with([](Submission& s) { s.compile_limits.cpu_time += Milliseconds{1}; });
  ask_with([](Submission& s) { s.compile_limits.wall_time += Milliseconds{1}; });
  ask_with([](Submission& s) { s.compile_limits.memory = 77_MiB; });
  ask_with([](Submission& s) { s.compile_limits.stack = 7_MiB; });
  ask_with([](Submission& s) { s.compile_limits.processes = 7; });
  ask_with([](Submission& s) { s.compile_limits.output = 7_KiB; });
  ask_with([](Submission& s) { s.compile_limits.file = 7_KiB; });
  ask_with([](Submission& s) { s.compile_limits.disk = 7_KiB; });
  ask_with([](Submission& s) { s.compile_limits.files = 7; });
  const auto ask_of = [&](auto change) {
    Language language = kNative;
    change(language);
    ask(base, language);
  };
  ask_of([](Language& l) { l.id = "other"; });
  ask_of([](Language& l) { l.image = "judge"; });
  ask_of([](Language& l) { l.environment = {"CPATH=/opt"}; });
  ask_of([](Language& l) { l.artefacts = {"**"}; });
  ask_of([](Language& l) { l.keep_sources = true; });
  ask_of([](Language& l) { l.compile.emplace_back("-v"); });
  ask(base, kNative, "gcc 13");
  ask(base, kNative, "gcc 12", "somebody");
  EXPECT_EQ(keys.size(), static_cast<std::size_t>(asked));

  ask(base);  // What decides nothing makes no other key.
  Submission again = base;
  again.id = {"2"};
  again.owner = {"somebody"};
  again.args = {"x"};
  again.tests = {{}, {}};
  again.limits.memory = 7_MiB;
  ask(again);
  EXPECT_EQ(keys.size(), static_cast<std::size_t>(asked) - 2);
}

}  // namespace
}  // namespace engine::testing
