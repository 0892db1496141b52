#include "http/client.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/testing/child.h"
#include "base/testing/test_directory.h"
#include "http/test_server.h"

namespace engine::http {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Answers with what it was asked.
boost::asio::awaitable<Response> echo_with_header(Request request) {
  Response response;
  response.status = request.path == "/missing" ? 404 : request.path == "/moved" ? 302 : 200;
  const std::string* header = request.header("X-Test");
  response.body = request.method + " " + request.path + " " + (header == nullptr ? "-" : *header) +
                  " " + request.body;
  response.headers = {
      {"Location", "/elsewhere"}
  };
  co_return response;
}

class ClientTest : public ::testing::Test {
 protected:
  Result<ClientAnswer> send(ClientRequest request) {
    if (request.url.starts_with('/')) {
      request.url = "http://127.0.0.1:" + std::to_string(server_.port()) + request.url;
    }
    return client_->request(request);
  }
  std::string body_of(ClientRequest request) {
    const auto answer = send(std::move(request));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->body : "";
  }
  Errc fault(ClientRequest request) {
    const auto answer = send(std::move(request));
    return answer ? Errc{-1} : answer.error().code;
  }

  TestServer server_{echo_with_header, {}};
  std::unique_ptr<Client> client_ = *make_client({.answer = 1_KiB});
};

TEST_F(ClientTest, SendsMethodHeadersAndBody) {
  EXPECT_EQ(body_of({.url = "/a"}), "GET /a - ");
  EXPECT_EQ(body_of({.method = "DELETE", .url = "/a"}), "DELETE /a - ");
  EXPECT_EQ(body_of({.method = "POST", .url = "/a", .body = "bytes"}), "POST /a - bytes");
  EXPECT_EQ(body_of({.method = "PUT", .url = "/a"}), "PUT /a - ");
  EXPECT_EQ(body_of({.method = "POST", .url = "/a", .headers = {{"X-Test", "7"}}}), "POST /a 7 ");
  EXPECT_EQ(body_of({.method = "HEAD", .url = "/a"}), "");
  EXPECT_EQ(body_of({.url = "/a"}), "GET /a - ");  // Nothing stays with the handle.
}

TEST_F(ClientTest, EveryStatusIsAnAnswer) {
  const auto missing = send({.url = "/missing"});
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "GET /missing - ");
  const auto moved = send({.url = "/moved"});
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->status, 302);
  EXPECT_EQ(*find_header(moved->headers, "location"), "/elsewhere");
}

TEST_F(ClientTest, ConnectionsAreUsedAgain) {
  for (int i = 0; i < 10; ++i)
    body_of({.url = "/a"});
  EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(ClientTest, ManyThreadsMayAskAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      const std::string path = "/" + std::to_string(i);
      for (int k = 0; k < 20; ++k)
        EXPECT_EQ(body_of({.url = path}), "GET " + path + " - ");
    });
  }
}

TEST_F(ClientTest, LargeBodiesGoOutWhole) {
  const std::string bytes(3 << 20, 'x');
  EXPECT_EQ(body_of({.method = "PUT", .url = "/a", .body = bytes, .answer = 8_MiB}),
            "PUT /a - " + bytes);
}

TEST_F(ClientTest, AnAnswerAboveTheLimitIsTooLarge) {
  const std::string bytes(2'000, 'x');
  EXPECT_EQ(fault({.method = "POST", .url = "/a", .body = bytes}), Errc::kTooLarge);
  EXPECT_EQ(fault({.url = "/a", .answer = 3_B}), Errc::kTooLarge);
}

TEST_F(ClientTest, WhatIsNoRequestIsInvalid) {
  EXPECT_EQ(fault({.url = "nonsense"}), Errc::kInvalid);
  EXPECT_EQ(fault({.url = "file:///etc/passwd"}), Errc::kInvalid);
  EXPECT_EQ(fault({.method = "GET /x HTTP/1.1\r\n", .url = "/a"}), Errc::kInvalid);
  EXPECT_EQ(fault({.url = "/a", .headers = {{"X-Test", "1\r\nX-More: 2"}}}), Errc::kInvalid);
  EXPECT_EQ(fault({.url = "/a", .headers = {{"X Test", "1"}}}), Errc::kInvalid);
}

TEST_F(ClientTest, NoPeerIsUnavailable) {
  const auto answer = send({.url = "http://127.0.0.1:1/"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1"));
}

TEST_F(ClientTest, AProxyOfTheEnvironmentIsNotAskedUnlessAllowed) {
  ::setenv("http_proxy", "http://127.0.0.1:1",
           1);  // NOLINT(concurrency-mt-unsafe): no thread reads.
  EXPECT_EQ(body_of({.url = "/a"}), "GET /a - ");
  client_ = *make_client({.is_proxy_allowed = true});
  EXPECT_EQ(fault({.url = "/a"}), Errc::kUnavailable);
  ::unsetenv("http_proxy");  // NOLINT(concurrency-mt-unsafe)
}

// A server with a certificate of its own making, which nobody vouches for.
TEST(ClientOverTls, ACertificateThatCannotBeTrustedIsRefused) {
  const TestDirectory directory;
  const std::string key = directory.path() + "/key.pem";
  const std::string certificate = directory.path() + "/certificate.pem";
  Child maker({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext",
               "subjectAltName=IP:127.0.0.1"});
  ASSERT_TRUE(maker.wait());
  Child server(
      {"openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate});
  std::string line = server.line();
  while (!line.empty() && !line.starts_with("ACCEPT "))
    line = server.line();
  ASSERT_TRUE(line.starts_with("ACCEPT ")) << line;
  const auto client = *make_client({});
  const auto answer = client->request({.url = "https://" + line.substr(7)});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("no certificate that can be trusted"));
}

// A listener on a Unix socket that takes one connection, reads a request's head, and sends
// `answer`.
class Listener {
 public:
  Listener(const std::string& path, std::string answer) {
    sockaddr_un self{};
    self.sun_family = AF_UNIX;
    path.copy(self.sun_path, sizeof(self.sun_path) - 1);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&self), sizeof(self)) != 0 ||
        ::listen(listener_.get(), 4) != 0) {
      throw std::runtime_error("cannot listen on " + path);
    }
    thread_ = std::jthread([this, answer = std::move(answer)] {
      const Fd client(::accept(listener_.get(), nullptr, nullptr));
      char bytes[4096];
      while (head_.find("\r\n\r\n") == std::string::npos) {
        const auto size = ::recv(client.get(), bytes, sizeof(bytes), 0);
        if (size <= 0) break;
        head_.append(bytes, static_cast<std::size_t>(size));
      }
      ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.empty()) ::recv(client.get(), bytes, sizeof(bytes), 0);  // Until it gives up.
    });
  }
  std::string head() {
    thread_.join();
    return head_;
  }

 private:
  const Fd listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string head_;
  std::jthread thread_;
};

class ClientOnSocket : public ::testing::Test {
 protected:
  Result<ClientAnswer> ask(std::string answer, ClientOptions options = {}) {
    Listener listener(path_, std::move(answer));
    options.unix_socket = path_;
    const auto client = *make_client(std::move(options));
    auto got = client->request({.url = "http://daemon/v1/info"});
    head_ = listener.head();
    return got;
  }

  TestDirectory directory_;
  const std::string path_ = directory_.path() + "/socket";
  std::string head_;
};

TEST_F(ClientOnSocket, AsksADaemonOfThisMachine) {
  const auto answer = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "hi");
  EXPECT_THAT(head_, HasSubstr("GET /v1/info HTTP/1.1\r\nHost: daemon\r\n"));
}

TEST_F(ClientOnSocket, HalfAnAnswerIsUnavailable) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", "HTTP/1.1 200 OK\r\n",
        "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi"}) {
    ::unlink(path_.c_str());
    const auto got = ask(answer);
    ASSERT_FALSE(got) << answer;
    EXPECT_EQ(got.error().code, Errc::kUnavailable) << answer;
  }
}

TEST_F(ClientOnSocket, HeadersOfAnySizeAreNotTaken) {
  const auto got = ask("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kUnavailable);
}

TEST_F(ClientOnSocket, ASilentPeerIsGivenUp) {
  const auto got = ask("", {.patience = Milliseconds{50}});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kUnavailable);
  EXPECT_THAT(got.error().message, HasSubstr("in time"));
}

}  // namespace
}  // namespace engine::http
