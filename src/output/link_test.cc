#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/test_directory.h"
#include "output/output.h"

namespace engine {
namespace {

class HandClock final : public Clock {
 public:
  WallTime wall() const override { return now_; }
  SteadyTime steady() const override { return {}; }
  void pass(std::chrono::seconds time) { now_ += time; }

 private:
  WallTime now_ = WallTime{} + std::chrono::milliseconds{1'700'000'000'250};
};

// A link's three parts, as a server gets them.
struct Link {
  std::string path;
  std::string expires;
  std::string signature;
};

Link parse(const std::string& url) {
  const std::size_t path = url.find("/files/") + 7;
  const std::size_t expires = url.find("?expires=");
  const std::size_t signature = url.find("&signature=");
  return {url.substr(path, expires - path), url.substr(expires + 9, signature - expires - 9),
          url.substr(signature + 11)};
}

class Links : public ::testing::Test {
 protected:
  Errc fault(const Link& link) const {
    const auto target = signer_.check(link.path, link.expires, link.signature);
    return target ? Errc{-1} : target.error().code;
  }

  HandClock clock_;
  LinkSigner signer_{"the key", "https://engine.example", clock_};
  const LinkTarget target_{
      .id = {"123e4567-e89b-42d3-a456-426614174000"}, .attempt = 2, .name = "runs/0/stdout.txt"};
  const Link link_ = parse(signer_.sign(target_, std::chrono::minutes{30}));
};

TEST_F(Links, AreAbsoluteAndNameTheirTarget) {
  EXPECT_TRUE(signer_.sign(target_, std::chrono::minutes{30})
                  .starts_with("https://engine.example/files/123e4567-e89b-42d3-a456-426614174000/"
                               "2/runs/0/stdout.txt?expires=1700001801&signature="));
  const auto found = signer_.check(link_.path, link_.expires, link_.signature);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, target_.id);
  EXPECT_EQ(found->attempt, 2);
  EXPECT_EQ(found->name, target_.name);
}

TEST_F(Links, LastAsLongAsPromisedAndThenAreGone) {
  clock_.pass(std::chrono::seconds{1'800});
  EXPECT_TRUE(signer_.check(link_.path, link_.expires, link_.signature));
  clock_.pass(std::chrono::seconds{1});
  EXPECT_EQ(fault(link_), Errc::kNotFound);
}

TEST_F(Links, AnExpiredLinkThatWasChangedIsInvalid) {
  clock_.pass(std::chrono::hours{1});
  EXPECT_EQ(fault({link_.path, "1900000000", link_.signature}), Errc::kInvalid);
}

TEST_F(Links, EveryChangedCharacterIsInvalid) {
  const auto tampered = [](std::string text, std::size_t i) {
    text[i] = text[i] == '1' ? '2' : '1';
    return text;
  };
  for (std::size_t i = 0; i < link_.path.size(); ++i)
    EXPECT_EQ(fault({tampered(link_.path, i), link_.expires, link_.signature}), Errc::kInvalid);
  for (std::size_t i = 0; i < link_.expires.size(); ++i)
    EXPECT_EQ(fault({link_.path, tampered(link_.expires, i), link_.signature}), Errc::kInvalid);
  for (std::size_t i = 0; i < link_.signature.size(); ++i)
    EXPECT_EQ(fault({link_.path, link_.expires, tampered(link_.signature, i)}), Errc::kInvalid);
}

TEST_F(Links, OtherSpellingsOfTheSameAreInvalid) {
  const std::string& id = target_.id.text;
  const std::string& end = link_.expires;
  const std::string& mark = link_.signature;
  const Link cases[] = {
      {id + "/02/" + target_.name, end,                mark      },
      {id + "/+2/" + target_.name, end,                mark      },
      {id + "//2/" + target_.name, end,                mark      },
      {"/2/" + target_.name,       end,                mark      },
      {id + "/99999999999/a",      end,                mark      },
      {id + "/2",                  end,                mark      },
      {id,                         end,                mark      },
      {"",                         end,                mark      },
      {link_.path,                 "0" + end,          mark      },
      {link_.path,                 end + " ",          mark      },
      {link_.path,                 end + "0000000000", mark      },
      {link_.path,                 "",                 mark      },
      {link_.path,                 end,                mark + "0"},
      {link_.path,                 end,                ""        },
  };
  for (const Link& link : cases)
    EXPECT_EQ(fault(link), Errc::kInvalid) << link.path << ' ' << link.expires;
}

TEST_F(Links, OfAnotherKeyAreInvalid) {
  const LinkSigner other("another key", "https://engine.example", clock_);
  EXPECT_FALSE(other.check(link_.path, link_.expires, link_.signature));
}

TEST_F(Links, WhatIsNoPlainCharacterIsEscaped) {
  const LinkTarget odd{.id = target_.id, .attempt = 1, .name = "a b/\xc3\xa9?x=1&y#%.txt"};
  const std::string url = signer_.sign(odd, std::chrono::minutes{1});
  EXPECT_NE(url.find("/1/a%20b/%C3%A9%3Fx%3D1%26y%23%25.txt?expires="), std::string::npos) << url;
  const Link link = parse(url);
  EXPECT_TRUE(signer_.check(odd.id.text + "/1/" + odd.name, link.expires, link.signature));
}

class LinkKey : public ::testing::Test {
 protected:
  TestDirectory directory_;
  const std::string path_ = directory_.path() + "/link.key";
};

TEST_F(LinkKey, IsMadeOnceAndSurvives) {
  const auto key = load_or_make_link_key(path_);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->size(), 32U);
  EXPECT_EQ(*load_or_make_link_key(path_), *key);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(LinkKey, TwoPlacesHaveTwoKeys) {
  EXPECT_NE(*load_or_make_link_key(path_), *load_or_make_link_key(path_ + "2"));
}

TEST_F(LinkKey, AKeyOfTheWrongSizeIsRefusedAndKept) {
  std::ofstream(path_) << "short";
  const auto key = load_or_make_link_key(path_);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find(path_), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path_), 5U);
}

TEST_F(LinkKey, WhoeverIsFirstTheKeyIsOne) {
  std::vector<std::string> keys(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& key : keys) {
      threads.emplace_back([&key, this] { key = *load_or_make_link_key(path_); });
    }
  }
  EXPECT_EQ(std::count(keys.begin(), keys.end(), keys[0]), 8);
}

}  // namespace
}  // namespace engine
