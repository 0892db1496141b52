#include "sandbox/conversation.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/native_test.h"

namespace engine::sandbox {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

Conversation::Patience patience(std::chrono::nanoseconds length = 120s, std::stop_token stop = {}) {
  return {steady_clock::now() + length, std::move(stop)};
}

std::unique_ptr<Conversation> opened() {
  auto talk = Conversation::open();
  EXPECT_TRUE(talk);
  return talk ? *std::move(talk) : nullptr;
}

TEST(Conversation, HearsJustAsMuchAsItIsAskedFor) {
  const auto talk = opened();
  EXPECT_TRUE(talk->is_quiet());
  ASSERT_EQ(::write(talk->their_end(), "one two", 7), 7);
  EXPECT_FALSE(talk->is_quiet());
  EXPECT_EQ(*talk->hear(3, patience()), "one");
  EXPECT_EQ(*talk->hear(4, patience()), " two");
  EXPECT_EQ(talk->hear(1, patience(1ms)).error().code, Errc::kNotFound);
}

TEST(Conversation, SaysMoreThanTheOtherSideCanHold) {
  const auto talk = opened();
  const std::string text(4 << 20, 'x');
  EXPECT_EQ(talk->say(text, patience(1ms)).error().code, Errc::kNotFound);
  std::size_t read = 0;
  const std::jthread reader([&] {
    std::vector<char> buffer(64 << 10);
    for (ssize_t count = 1; count > 0; read += static_cast<std::size_t>(count))
      count = ::read(talk->their_end(), buffer.data(), buffer.size());
  });
  EXPECT_TRUE(talk->say(text, patience()));
  ::shutdown(talk->their_end(), SHUT_RDWR);
}

TEST(Conversation, EndsByAStopOrWithTheOtherSide) {
  const auto talk = opened();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(talk->hear(1, patience(30s, stop.get_token())).error().code, Errc::kConflict);
  stopper.join();
  ASSERT_EQ(::write(talk->their_end(), "last", 4), 4);
  talk->over();
  talk->over();
  EXPECT_EQ(*talk->hear(4, patience()), "last");
  EXPECT_FALSE(talk->is_quiet());
  EXPECT_EQ(talk->hear(1, patience()).error().code, Errc::kUnavailable);
  EXPECT_EQ(talk->say("more", patience()).error().code, Errc::kUnavailable);
  EXPECT_FALSE(talk->cpu_time());
}

TEST(Conversation, TakesNoDescriptors) {
  const auto talk = opened();
  char byte = 'x';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  *reinterpret_cast<int*>(CMSG_DATA(head)) = writer.get();
  ASSERT_EQ(::sendmsg(talk->their_end(), &message, 0), 1);
  writer = Fd();
  EXPECT_EQ(*talk->hear(1, patience()), "x");
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);  // Nobody holds the other end.
}

class BoxConversation : public NativeTest {
 protected:
  // A run that is talked with while it goes on.
  RunReport converse(RunSpec spec, const std::function<void(Conversation&)>& talk) {
    const auto conversation = opened();
    auto box = boxes().acquire("host");
    EXPECT_TRUE(box) << box.error().message;
    if (!box) return {};
    Result<RunReport> report;
    {
      const std::jthread runner([&] {
        spec.conversation = conversation.get();
        report = (*box)->run(spec);
      });
      talk(*conversation);
    }
    EXPECT_TRUE(report) << report.error().message;
    return report ? *std::move(report) : RunReport{};
  }
};

TEST_F(BoxConversation, GoesOnWhileTheRunDoes) {
  const RunReport report =
      converse(shell("while read word; do echo \"$word!\"; [ $word = end ] && exit 3; done"),
               [](Conversation& talk) {
                 for (const std::string word : {"one", "two"}) {
                   EXPECT_TRUE(talk.say(word + "\n", patience()));
                   EXPECT_EQ(*talk.hear(5, patience()), word + "!\n");
                 }
                 const auto used = talk.cpu_time();
                 ASSERT_TRUE(used);
                 EXPECT_LT(*used, 10s);
                 EXPECT_TRUE(talk.is_quiet());
                 EXPECT_TRUE(talk.say("end\n", patience()));
                 EXPECT_EQ(*talk.hear(5, patience()), "end!\n");
                 EXPECT_EQ(talk.hear(1, patience()).error().code, Errc::kUnavailable);
               });
  EXPECT_EQ(report.end, End::kExited);
  EXPECT_EQ(report.exit_code, 3);
  EXPECT_EQ(report.stdout_text, "");
}

TEST_F(BoxConversation, IsNoWayAroundTheLimits) {
  RunSpec spec = shell("head -c 300000 /dev/zero; echo spoken >&2; exec sleep 100 <&- >&-");
  spec.limits.output = 64_KiB;
  spec.limits.wall_time = scaled(1s);
  const RunReport report = converse(spec, [](Conversation& talk) {
    EXPECT_EQ(talk.hear(300'000, patience())->size(), 300'000U);
    EXPECT_EQ(talk.hear(1, patience()).error().code, Errc::kUnavailable);
  });
  EXPECT_EQ(report.end, End::kWallTime);
  EXPECT_EQ(report.stderr_text, "spoken\n");
}

}  // namespace
}  // namespace engine::sandbox
