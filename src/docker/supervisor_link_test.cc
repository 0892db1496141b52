#include "docker/supervisor_link.h"

#include <array>
#include <cstring>

#include <gmock/gmock.h>
#include <sys/socket.h>

// A supervisor that has been taken over, at the other end of a socket.
namespace engine::docker {
namespace {

using ::testing::HasSubstr;
using wire::Kind;
using namespace std::chrono_literals;

std::string bytes_of(const auto& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string frame(Kind kind, std::uint64_t run, const std::string& bytes, std::uint64_t claimed) {
  wire::Header header;
  header.kind = kind;
  header.run = run;
  header.bytes = claimed;
  return bytes_of(header) + bytes;
}
std::string frame(Kind kind, std::uint64_t run, const std::string& bytes = {}) {
  return frame(kind, run, bytes, bytes.size());
}

// As the engine wraps what a container writes.
std::string wrapped(const std::string& bytes, char stream = 1) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string out = {stream, 0, 0, 0};
  for (const int shift : {24, 16, 8, 0})
    out.push_back(static_cast<char>(size >> shift));
  return out + bytes;
}

class SupervisorLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    theirs_ = Fd(ends[1]);
    link_ = std::make_unique<SupervisorLink>(EngineClient::Stream{Fd(ends[0]), {}});
  }

  // Starts a run and finds out its name, as a supervisor would.
  std::uint64_t start(sandbox::RunSpec spec = {}) {
    spec.argv = {"/bin/true"};
    EXPECT_TRUE(link_->start(spec));
    wire::Header header;
    EXPECT_EQ(::recv(theirs_.get(), &header, sizeof(header), 0), ssize_t{sizeof(header)});
    EXPECT_EQ(header.kind, Kind::kRun);
    return header.run;
  }
  void say(const std::string& bytes) {
    ASSERT_EQ(::send(theirs_.get(), bytes.data(), bytes.size(), 0), std::ssize(bytes));
    ASSERT_TRUE(link_->receive_some());
  }
  bool is_believed() {
    const auto next = link_->next();
    if (!next) {
      EXPECT_EQ(next.error().code, Errc::kUnavailable);
    }
    return next && next->has_value();
  }

  Fd theirs_;
  std::unique_ptr<SupervisorLink> link_;
};

TEST_F(SupervisorLinkTest, PutsFramesTogetherFromAnyPieces) {
  const std::uint64_t run = start();
  const std::string text = frame(Kind::kStdout, run, "hello");
  const std::string wire =
      wrapped(text.substr(0, 10)) + wrapped("noise", 2) + wrapped(text.substr(10));
  for (const char byte : wire) {
    ASSERT_FALSE(*link_->next());
    say(std::string(1, byte));
  }
  const auto next = link_->next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->kind, Kind::kStdout);
  EXPECT_EQ((*next)->bytes, "hello");
}

TEST_F(SupervisorLinkTest, BelievesNoOtherRun) {
  const std::uint64_t run = start();
  say(wrapped(frame(Kind::kStdout, run + 1, "x")));
  EXPECT_FALSE(is_believed());
}

TEST_F(SupervisorLinkTest, BelievesNoUnknownKind) {
  const std::uint64_t run = start();
  say(wrapped(frame(Kind{99}, run)));
  EXPECT_FALSE(is_believed());
}

TEST_F(SupervisorLinkTest, BelievesNoOrderOfItsOwn) {
  const std::uint64_t run = start();
  say(wrapped(frame(Kind::kRun, run)));
  EXPECT_FALSE(is_believed());
}

// At the head, before anything of that size is kept.
TEST_F(SupervisorLinkTest, BelievesNoSizeBeyondItsKind) {
  sandbox::RunSpec spec;
  spec.take_limit = 1'000_B;
  const std::uint64_t run = start(spec);
  say(wrapped(frame(Kind::kTaken, run, "", 1'000 + sandbox::wire::kMaxName + 100)));
  EXPECT_FALSE(is_believed());
}

TEST_F(SupervisorLinkTest, SaysWhatTheSupervisorComplainedOf) {
  say(wrapped("no stream", 2));
  theirs_ = Fd();
  const Status ready = link_->await_ready(std::chrono::steady_clock::now() + 10s);
  ASSERT_FALSE(ready);
  EXPECT_THAT(ready.error().message, HasSubstr("no stream"));
}

TEST_F(SupervisorLinkTest, WaitsNoLongerThanItMay) {
  const Status ready = link_->await_ready(std::chrono::steady_clock::now() + 10ms);
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, Errc::kUnavailable);
}

TEST_F(SupervisorLinkTest, FinishesTheFrameThatItHasBegunAndNoOther) {
  const std::string input(10 << 20, 'x');
  sandbox::RunSpec spec;
  spec.input = input;
  start(spec);
  ASSERT_TRUE(link_->has_more_to_send());
  link_->stop_sending();
  std::string all;
  std::array<char, 64 << 10> buffer;
  for (;;) {
    const ssize_t count = ::recv(theirs_.get(), buffer.data(), buffer.size(), 0);
    if (count > 0) all.append(buffer.data(), static_cast<std::size_t>(count));
    if (count > 0) continue;
    if (!link_->has_more_to_send()) break;
    ASSERT_TRUE(link_->send_some());
  }
  // What is left of the run's order, whose head start() has read; then whole pieces.
  wire::Header header;
  std::size_t at = sizeof(wire::RunRequest) + sizeof(sandbox::wire::RunRequest) +
                   std::string_view("/bin/true").size() + 1;
  while (at < all.size()) {
    ASSERT_LE(at + sizeof(header), all.size());
    std::memcpy(&header, all.data() + at, sizeof(header));
    EXPECT_EQ(header.kind, Kind::kInput);
    at += sizeof(header) + header.bytes;
  }
  EXPECT_EQ(at, all.size());
  EXPECT_LT(all.size(), input.size());
}

}  // namespace
}  // namespace engine::docker
