#include "docker/engine_client.h"

#include <thread>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/testing/test_directory.h"
#include "docker/docker.h"

// Whatever may answer at an engine's socket.
namespace engine::docker {
namespace {

using ::testing::HasSubstr;

constexpr Milliseconds kPatience{200};

// Listens at a socket and gives everyone who comes the same answer, whatever he asks; without one
// it accepts and says nothing.
class Impostor {
 public:
  explicit Impostor(std::string answer)
      : answer_(std::move(answer)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    thread_ = std::jthread([this] { serve(); });
  }
  ~Impostor() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;

  Address address() const { return {path(), {}, {}}; }
  std::string path() const { return directory_.path() + "/socket"; }

 private:
  void serve() {
    std::vector<Fd> silent;
    for (;;) {
      Fd peer(::accept(listener_.get(), nullptr, nullptr));
      if (!peer.is_open()) return;
      char request[4096];
      static_cast<void>(::recv(peer.get(), request, sizeof(request), 0));
      static_cast<void>(::send(peer.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL));
      if (answer_.empty()) silent.push_back(std::move(peer));
    }
  }

  TestDirectory directory_;
  std::string answer_;
  Fd listener_;
  std::jthread thread_;
};

std::string http(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

Error negotiated_with(const std::string& answer) {
  const Impostor impostor(answer);
  EngineClient client(impostor.address(), kPatience);
  const Status agreed = client.negotiate();
  return agreed ? Error{Errc::kInternal, "agreed", {}} : agreed.error();
}

TEST(EngineClient, SaysThatNobodyListens) {
  const TestDirectory directory;
  EngineClient client({directory.path() + "/socket", {}, {}}, kPatience);
  const Status agreed = client.negotiate();
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().code, Errc::kUnavailable);
  EXPECT_THAT(agreed.error().message, HasSubstr("No such file or directory"));
}

TEST(EngineClient, DoesNotWaitForEver) {
  const Error error = negotiated_with("");
  EXPECT_EQ(error.code, Errc::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("does not answer in time"));
}

TEST(EngineClient, EndsEachCallThatIsNeverAnswered) {
  const Impostor silent("");
  const EngineClient client(silent.address(), Milliseconds{50});
  const auto fault = [](const auto& answer) {
    return answer ? Error{Errc::kInternal, "answered", {}} : answer.error();
  };
  const Error faults[] = {fault(client.create({})),
                          fault(client.start("a")),
                          fault(client.attach("a")),
                          fault(client.put_archive("a", "/", "tar")),
                          fault(client.state("a")),
                          fault(client.await_end("a")),
                          fault(client.remove("a")),
                          fault(client.labelled("a")),
                          fault(client.make_volume("a", {})),
                          fault(client.image("a")),
                          fault(client.info())};
  for (const Error& error : faults) {
    EXPECT_EQ(error.code, Errc::kUnavailable);
    EXPECT_THAT(error.message, HasSubstr("does not answer in time"));
  }
}

TEST(EngineClient, IsNotMisledByNonsense) {
  for (const std::string& answer :
       {std::string("SSH-2.0-OpenSSH\r\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n"),
        http("", "OK"), http("Api-Version: newest\r\n", "OK"), http("Api-Version: 1.41\r\n", "{"),
        http("Api-Version: 1.41\r\n", "[]")}) {
    EXPECT_EQ(negotiated_with(answer).code, Errc::kUnavailable) << answer;
  }
}

TEST(EngineClient, RefusesAnEngineThatIsTooOldOrTooNew) {
  const Error old = negotiated_with(http("Api-Version: 1.40\r\n", R"({"MinAPIVersion": "1.12"})"));
  EXPECT_EQ(old.code, Errc::kInvalid);
  EXPECT_THAT(old.message, HasSubstr("20.10"));
  EXPECT_EQ(negotiated_with(http("Api-Version: 1.99\r\n", R"({"MinAPIVersion": "1.60"})")).code,
            Errc::kInvalid);
  EXPECT_EQ(negotiated_with(http("Api-Version: 1.52\r\n", R"({"MinAPIVersion": "1.44"})")).message,
            "agreed");
}

// Answers everything that is asked of an engine, but limits nothing.
TEST(EngineClient, RefusesAnEngineThatDoesNotLimit) {
  const Impostor impostor(http("Api-Version: 1.41\r\n", R"({"MemoryLimit": false})"));
  const auto boxes =
      make_docker_boxes({.engine = "unix://" + impostor.path(), .patience = kPatience});
  ASSERT_FALSE(boxes);
  EXPECT_EQ(boxes.error().code, Errc::kInvalid);
  EXPECT_THAT(boxes.error().message, HasSubstr("cannot limit memory"));
}

TEST(EngineClient, ReadsAddresses) {
  EXPECT_EQ(parse_address("unix:///run/docker.sock")->socket, "/run/docker.sock");
  const auto remote = parse_address("tcp://[::1]:2375");
  ASSERT_TRUE(remote);
  EXPECT_EQ(remote->host, "::1");
  EXPECT_EQ(remote->port, "2375");
  for (const char* text : {"", "unix://", "docker.sock", "tcp://host", "tcp://:1", "ssh://host"})
    EXPECT_EQ(parse_address(text).error().code, Errc::kInvalid) << text;
}

}  // namespace
}  // namespace engine::docker
