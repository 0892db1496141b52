#include "app/config.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/places.h"

namespace engine::app {
namespace {

using ::testing::HasSubstr;

class ConfigFile : public ::testing::Test {
 protected:
  Status apply(const std::string& toml) {
    std::ofstream(path_) << toml;
    return apply_file(config_, path_);
  }
  ~ConfigFile() override { std::filesystem::remove(path_); }

  std::string path_ = ::testing::TempDir() + "/config-" + std::to_string(::getpid()) + ".toml";
  Config config_;
};

TEST_F(ConfigFile, TakesEveryKindOfValue) {
  ASSERT_TRUE(apply(R"(
    listen = "[::1]:9000"
    slots = 3
    allowAnonymous = true
    fetch.allow = ["10.0.0.0/8", "192.168.1.0/24"]
    [retention]
    age = "2d"
    bytes = "1GiB"
    [limits]
    memory = "64MiB"
    [language.python]
    runner = "docker"
    image = "judge/python:3"
    [[image]]
    name = "core"
    root = "/srv/core"
    resources = [["/srv/cache", "cache"]]
  )"));
  EXPECT_EQ(config_.address, "::1");
  EXPECT_EQ(config_.port, 9000);
  EXPECT_EQ(config_.engine.slots, 3);
  EXPECT_TRUE(config_.allow_anonymous);
  EXPECT_THAT(config_.fetch.allow, ::testing::ElementsAre("10.0.0.0/8", "192.168.1.0/24"));
  EXPECT_EQ(config_.engine.retention_age, std::chrono::hours(48));
  EXPECT_EQ(config_.engine.retention_bytes, 1_GiB);
  EXPECT_EQ(config_.engine.defaults.memory, 64_MiB);
  EXPECT_EQ(config_.language.at("python").runner, BoxKind::kDocker);
  EXPECT_EQ(config_.language.at("python").image, "judge/python:3");
  ASSERT_EQ(config_.sandbox.images.size(), 2U);
  EXPECT_EQ(config_.sandbox.images[1].resources[0].source, "/srv/cache");
}

TEST_F(ConfigFile, TheHostsImageShowsTheGoCache) {
  EXPECT_EQ(config_.sandbox.images[0].resources[0].target, "/opt/go-cache");
  ASSERT_TRUE(apply("[[image]]\nname = 'host'\nroot = '/'"));
  ASSERT_EQ(config_.sandbox.images.size(), 1U);
  EXPECT_TRUE(config_.sandbox.images[0].resources.empty()) << "the operator's word counts alone";
}

TEST_F(ConfigFile, NamesFileAndKeyOfAFault) {
  const auto unknown = apply("retentoin.age = '2d'");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("retentoin.age"));
  EXPECT_THAT(unknown.error().message, HasSubstr(path_));
  const auto unit = apply("[limits]\nmemory = '64MB'");
  ASSERT_FALSE(unit);
  EXPECT_THAT(unit.error().message, HasSubstr("limits.memory"));
  const auto runner = apply("[language.python]\nrunner = 'podman'");
  ASSERT_FALSE(runner);
  EXPECT_THAT(runner.error().message,
              HasSubstr("language.python.runner: 'podman' is none of native, docker"));
  for (const char* odd : {"language.python.colour = 'red'", "language.python = 'docker'",
                          "language.runner = 'docker'", "language = 'python'"}) {
    const auto refused = apply(odd);
    ASSERT_FALSE(refused) << odd;
    EXPECT_THAT(refused.error().message, HasSubstr("unknown key 'language"));
  }
  const auto syntax = apply("slots = = 2");
  ASSERT_FALSE(syntax);
  EXPECT_THAT(syntax.error().message, HasSubstr("line 1"));
}

TEST(Config, EveryKeyHasAVariable) {
  EXPECT_EQ(environment_name("publicUrl"), "EXECUTION_ENGINE_PUBLIC_URL");
  EXPECT_EQ(environment_name("retention.freeSpace"), "EXECUTION_ENGINE_RETENTION_FREE_SPACE");
  Config config;
  ASSERT_TRUE(apply_environment(config, {
                                            {"EXECUTION_ENGINE_SLOTS", "7"},
                                            {"HOME",                   "/"}
  }));
  EXPECT_EQ(config.engine.slots, 7);
  EXPECT_FALSE(apply_environment(config, {
                                             {"EXECUTION_ENGINE_SLOTZ", "7"}
  }));
  EXPECT_FALSE(apply_environment(config, {
                                             {"EXECUTION_ENGINE_SLOTS", "many"}
  }));
}

TEST_F(ConfigFile, AVariableMayNameAFileThatHoldsTheValue) {
  std::ofstream(path_) << "redis://default:secret@queue/0\n";
  ASSERT_TRUE(apply_environment(config_, {
                                             {"EXECUTION_ENGINE_QUEUE_FILE", path_}
  }));
  EXPECT_EQ(config_.queue, "redis://default:secret@queue/0");
  EXPECT_FALSE(apply_environment(config_, {
                                              {"EXECUTION_ENGINE_QUEUE_FILE", path_ + ".none"}
  }));
  EXPECT_FALSE(apply_environment(config_, {
                                              {"EXECUTION_ENGINE_QUEUEU_FILE", path_}
  }));
}

TEST(Config, PlacesAreCheckedBeforeAnyIsOpened) {
  const struct {
    const char* store;
    const char* queue;
    const char* output;
    int slots;
    const char* says;  // Empty: all is well.
  } cases[] = {
      {"",                       "",              "",              1, ""                   },
      {"sqlite:/a/b.db",         "embedded:",     "file:/a",       1, ""                   },
      {"postgres://host/a",      "redis://host/", "gs://bucket/b", 0, ""                   },
      {"postgresql://host/a",    "unix:///a",     "gs:",           4, ""                   },
      {"mysql://user:pw@host/a", "",              "",              1, "neither sqlite:FILE"},
      {"",                       "amqp://host",   "",              1, "neither embedded:"  },
      {"",                       "rediss://host", "",              1, "stunnel"            },
      {"",                       "",              "s3://a",        1, "neither file:"      },
      {"",                       "",              "gs:///",        1, "output: "           },
      {"",                       "",              "",              0, "without slots"      },
      {"postgres://host/a",      "",              "",              1, "go together"        },
      {"",                       "redis://host/", "",              1, "go together"        },
  };
  for (const auto& c : cases) {
    Config config;
    config.store = c.store;
    config.queue = c.queue;
    config.output = c.output;
    config.engine.slots = c.slots;
    const auto fit = check_places(config);
    if (*c.says == '\0') {
      EXPECT_TRUE(fit) << c.store << ' ' << c.queue << ' ' << c.output;
      continue;
    }
    ASSERT_FALSE(fit) << c.store << ' ' << c.queue << ' ' << c.output;
    EXPECT_THAT(fit.error().message, HasSubstr(c.says));
    EXPECT_THAT(fit.error().message, Not(HasSubstr("pw")));
  }
}

TEST(Config, LinksIntoABucketLiveAsLongAsGoogleLetsThem) {
  Config config;
  config.engine.link_lifetime = std::chrono::hours{24 * 7} + std::chrono::seconds{1};
  EXPECT_TRUE(check_places(config)) << "our own links may live longer";
  config.output = "gs://bucket";
  const auto fit = check_places(config);
  ASSERT_FALSE(fit);
  EXPECT_THAT(fit.error().message, HasSubstr("links.lifetime"));
  config.engine.link_lifetime = std::chrono::hours{24 * 7};
  EXPECT_TRUE(check_places(config));
}

TEST(Config, KeptCompilersAreBounded) {
  Config config;
  config.compilers.processes = 0;
  EXPECT_TRUE(check(config));
  config.compilers.processes = 65;
  EXPECT_FALSE(check(config));
  config = {};
  config.compilers.compiles = 0;
  EXPECT_FALSE(check(config));
  config = {};
  config.compilers.memory = 64_MiB;
  EXPECT_FALSE(check(config));
}

TEST(Config, EveryKeyIsDocumented) {
  std::ifstream in(ENGINE_SOURCE_DIR "/docs/configuration.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  for (const Setting& setting : settings()) {
    const std::size_t dot = setting.key.find('.');
    const std::string group = setting.key.substr(0, dot);
    const bool is_limit = group == "limits" || group == "compileLimits" || group == "ceiling";
    EXPECT_THAT(text, HasSubstr("`" + (is_limit ? setting.key.substr(dot) : setting.key) + "`"));
  }
}

TEST(Config, DefaultsAreInOrder) {
  EXPECT_TRUE(check(Config{}));
}

TEST(Config, StrangersNeedTokensOrAWord) {
  Config config;
  config.address = "0.0.0.0";
  ASSERT_FALSE(check(config));
  EXPECT_THAT(check(config).error().message, HasSubstr("--allow-anonymous"));
  config.allow_anonymous = true;
  EXPECT_TRUE(check(config));
  config.allow_anonymous = false;
  config.tokens = "tokens.txt";
  EXPECT_TRUE(check(config));
}

TEST(Config, DefaultsMustLieUnderTheCeiling) {
  Config config;
  config.engine.ceiling.memory = 16_MiB;
  ASSERT_FALSE(check(config));
  EXPECT_THAT(check(config).error().message, HasSubstr("memoryBytes"));
}

}  // namespace
}  // namespace engine::app
