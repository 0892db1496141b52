#include <chrono>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::House;

class EngineOutputs : public ::testing::Test {
 protected:
  House house_;
  Engine& engine_ = *house_.engine;
};

TEST_F(EngineOutputs, LinkIsForFinishedSubmissionsOnly) {
  const auto id = house_.accept();
  const auto queued = engine_.find(id, house_.owner);
  ASSERT_TRUE(queued);
  EXPECT_EQ(engine_.link(**queued, "log.txt").error().code, Errc::kConflict);
  ASSERT_TRUE(engine_.start());
  const auto record = house_.result(id);
  ASSERT_NE(record, nullptr);
  const auto link = engine_.link(*record, "log.txt");
  ASSERT_TRUE(link);
  EXPECT_EQ(*link, "http://host/files/" + id.text + "/1/log.txt?lifetime=1800");
}

// The parts of a signed link, as the server takes them from a request.
struct Link {
  explicit Link(const std::string& url) {
    static const std::regex kShape("http://host/files/(.*)\\?expires=(.*)&signature=(.*)");
    std::smatch match;
    if (!std::regex_match(url, match, kShape)) return;
    path = match[1];
    expires = match[2];
    signature = match[3];
  }
  std::string path, expires, signature;
};

TEST_F(EngineOutputs, LinkOpensUntilItExpiresOrItsSubmissionIsGone) {
  ASSERT_TRUE(engine_.start());
  const auto id = house_.accept();
  ASSERT_NE(house_.result(id), nullptr);
  const auto sign = [&](const std::string& name) {
    return Link(house_.links.sign({id, 1, name}, std::chrono::seconds{60}));
  };
  const auto open = [&](const Link& link) {
    return engine_.open_link(link.path, link.expires, link.signature);
  };
  const auto good = sign("log.txt");
  ASSERT_TRUE(open(good));
  EXPECT_EQ(*open(good), "hello\n");
  EXPECT_EQ(open(sign("other.txt")).error().code, Errc::kNotFound);
  auto changed = good;
  changed.path = id.text + "/2/log.txt";
  EXPECT_EQ(open(changed).error().code, Errc::kInvalid);
  house_.clock.advance(std::chrono::seconds{61});
  EXPECT_EQ(open(good).error().code, Errc::kNotFound);
}

TEST(SmallOutputs, StayWithTheSubmissionAndAreReadLikeAllOthers) {
  EngineOptions options = testing::test_options();
  options.small_outputs = Bytes{10};
  House house(options);
  ASSERT_TRUE(house.engine->start());
  for (const std::string bytes : {"ten bytes.", "eleven byte"}) {
    house.runner.play([bytes](const Submission&, Progress&, const std::stop_token&) {
      auto execution = testing::FakeRunner::accepted();
      execution.objects = {
          {"log.txt", bytes}
      };
      return Result<Execution>(std::move(execution));
    });
    const auto id = house.accept();
    ASSERT_NE(house.result(id), nullptr);
    const auto kept_by_output = house.output.attempts(id);
    EXPECT_EQ(kept_by_output.empty(), bytes.size() == 10) << bytes;
    EXPECT_EQ(*house.engine->read(id, 1, "log.txt"), bytes);
    EXPECT_EQ(house.engine->read(id, 1, "other").error().code, Errc::kNotFound);
  }
}

TEST_F(EngineOutputs, LinkToWhatIsNotFinishedOpensNothing) {
  const auto id = house_.accept();
  ASSERT_TRUE(house_.output.put(id, 1,
                                {
                                    {"log.txt", "not yet"}
  }));
  const Link link(house_.links.sign({id, 1, "log.txt"}, std::chrono::seconds{60}));
  const auto refused = engine_.open_link(link.path, link.expires, link.signature);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace engine
