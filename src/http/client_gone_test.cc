// What becomes of a request whose client does not wait for its answer.
#include <future>
#include <memory>
#include <stop_token>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/http.h"
#include "http/mailbox.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace engine::http {
namespace {

using boost::asio::awaitable;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kWaiting = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// Handlers that wait until they are let go or their clients have gone.
class ClientGone : public ::testing::Test {
 protected:
  using Answers = Mailbox<bool>;

  ClientGone() {
    ServerOptions options;
    options.header_patience = Milliseconds{10};  // Sweeps come ten times as often.
    server_ = std::make_unique<TestServer>(
        [this](Request request) { return wait(std::move(request)); }, options);
  }

  // Their timers belong to the server's context.
  ~ClientGone() override {
    server_->on_its_thread([this] {
      waiting_.clear();
      return true;
    });
  }

  awaitable<Response> wait(Request request) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto answers = std::make_shared<Answers>(executor);
    const std::stop_callback on_gone(request.client_gone, [answers] { answers->put(false); });
    waiting_.push_back(answers);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const auto answered = co_await answers->take(deadline);
    if (answered == std::optional(false)) ++gone_;
    Response response;
    response.body = "answered";
    co_return response;
  }

  std::size_t waiting() {
    return server_->on_its_thread([this] { return waiting_.size(); });
  }
  int gone() {
    return server_->on_its_thread([this] { return gone_; });
  }
  void answer_all() {
    server_->on_its_thread([this] {
      for (const auto& answers : waiting_)
        answers->put(true);
      return true;
    });
  }
  template <typename Predicate>
  bool comes(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return holds();
  }

  static constexpr Milliseconds kPatience{TestClient::kTestPatienceMs};
  // Of the server's thread.
  std::vector<std::shared_ptr<Answers>> waiting_;
  int gone_ = 0;
  std::unique_ptr<TestServer> server_;
};

TEST_F(ClientGone, OneThatClosesIsNoticedAndItsHandlerTold) {
  TestClient stays(server_->port());
  stays.send(kWaiting);
  TestClient leaves(server_->port());
  leaves.send(kWaiting);
  ASSERT_TRUE(comes([&] { return waiting() == 2; }));
  leaves.close();
  EXPECT_TRUE(comes([&] { return gone() == 1 && server_->connections() == 1; }));
  answer_all();
  EXPECT_THAT(stays.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ClientGone, OneThatHasSentMoreRequestsIsNoticedAsWell) {
  TestClient leaves(server_->port());
  leaves.send(kWaiting);
  ASSERT_TRUE(comes([&] { return waiting() == 1; }));
  leaves.send(kWaiting);
  leaves.close();
  EXPECT_TRUE(comes([&] { return gone() == 1 && server_->connections() == 0; }));
  EXPECT_EQ(waiting(), 1U);
}

TEST_F(ClientGone, OneThatResetsIsNoticed) {
  TestClient leaves(server_->port());
  leaves.send(kWaiting);
  ASSERT_TRUE(comes([&] { return waiting() == 1; }));
  const linger at_once{1, 0};
  ASSERT_EQ(::setsockopt(leaves.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
  leaves.close();
  EXPECT_TRUE(comes([&] { return gone() == 1 && server_->connections() == 0; }));
}

TEST_F(ClientGone, OneThatOnlyShutDownItsSendingIsAnswered) {
  TestClient old(server_->port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  old.shut_down_sending();
  TestClient client(server_->port());
  client.send(kWaiting);
  ASSERT_TRUE(comes([&] { return waiting() == 2; }));
  client.shut_down_sending();
  EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  TestClient leaves(server_->port());  // Behind its end, both have been looked at again.
  leaves.send(kWaiting);
  ASSERT_TRUE(comes([&] { return waiting() == 3; }));
  leaves.close();
  EXPECT_TRUE(comes([&] { return gone() == 1; }));
  answer_all();
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(old.read_answer(), Not(HasSubstr("100 Continue")));
  EXPECT_EQ(gone(), 1);
}

}  // namespace
}  // namespace engine::http
