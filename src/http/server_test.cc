#include <future>
#include <stdexcept>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/http.h"
#include "http/test_client.h"
#include "http/test_server.h"

namespace engine::http {
namespace {

using boost::asio::awaitable;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Answers with what it understood: "POST /path body".
awaitable<Response> echo(Request request) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body;
  co_return response;
}

ServerOptions small_options() {
  ServerOptions options;
  options.header = 2_KiB;
  options.body = 1_MiB;
  options.refusal = [](int status, std::string_view message) {
    Response response;
    response.status = status;
    response.body = "{\"refused\":\"" + std::string(message) + "\"}";
    return response;
  };
  return options;
}

std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n";
}

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = client.exchange(get("/a%20b"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, AllOf(HasSubstr("Content-Length: 9\r\n"), HasSubstr("Date: "),
                              HasSubstr("Content-Type: text/plain\r\n"),
                              Not(HasSubstr("Connection:")), EndsWith("\r\n\r\nGET /a b ")));
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\r\n";
  }
  client.send(all);
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(client.read_answer(), EndsWith("POST /" + std::to_string(i) + " abc"));
  }
}

TEST(Server, ClosesWhenTheClientAsksForIt) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  EXPECT_THAT(client.exchange(get("/", "Connection: close\r\n")), HasSubstr("Connection: close"));
  EXPECT_TRUE(client.is_closed_by_peer());
}

TEST(Server, OldClientsAreClosedUnlessTheyAskToBeKept) {
  TestServer server(echo, small_options());
  TestClient once(server.port());
  EXPECT_THAT(once.exchange("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  EXPECT_TRUE(once.is_closed_by_peer());
  TestClient kept(server.port());
  const std::string_view request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_THAT(kept.exchange(request), HasSubstr("Connection: keep-alive"));
  EXPECT_THAT(kept.exchange(request), HasSubstr("200 OK"));
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" + get("/y"));
  EXPECT_THAT(client.read_answer(false), HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(client.read_answer(), EndsWith("GET /y "));
}

TEST(Server, BodilessStatusesHaveNoLength) {
  const Handler handler = [](Request) -> awaitable<Response> {
    Response response;
    response.status = 204;
    response.body = "dropped";
    co_return response;
  };
  TestServer server(handler, small_options());
  TestClient client(server.port());
  client.send(get("/"));
  EXPECT_THAT(client.read_answer(false),
              AllOf(StartsWith("HTTP/1.1 204 No Content"), Not(HasSubstr("Content-"))));
}

TEST(Server, ChunkedBodiesAreReadByteByByte) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  const std::string request =
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const char byte : request)
    client.send(std::string_view(&byte, 1));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /c hello"));
}

TEST(Server, LargeBodiesGoBothWays) {
  ServerOptions options = small_options();
  options.body = 20_MiB;
  TestServer server(echo, options);
  TestClient client(server.port());
  const std::string body(16U << 20, 'x');
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  const std::string answer = client.read_answer();
  EXPECT_TRUE(answer.ends_with(body));
}

TEST(Server, ExpectContinueIsToldToGoOn) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.exchange("hi"), EndsWith("POST / hi"));
}

TEST(Server, ExpectContinueOfTooMuchIsRefusedBeforeItIsSent) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  EXPECT_THAT(client.exchange("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                              "Content-Length: 2000000\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

struct Bad {
  const char* test_name;
  std::string request;
  const char* status_line;
};
class BadRequests : public ::testing::TestWithParam<Bad> {};

// The answer is worded by the server's owner, and the connection is closed after it.
TEST_P(BadRequests, AreRefusedAndClosed) {
  TestServer server(echo, small_options());
  TestClient client(server.port());
  client.send(GetParam().request);
  const std::string answer = client.read_answer();
  EXPECT_THAT(answer, StartsWith(GetParam().status_line));
  EXPECT_THAT(answer, AllOf(HasSubstr("Connection: close\r\n"), HasSubstr("{\"refused\":\"")));
  client.shut_down_sending();
  EXPECT_TRUE(client.is_closed_by_peer());
}

const Bad kBad[] = {
    {"request_line", "nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
    {"path", get("/%zz"), "HTTP/1.1 400"},
    {"smuggling",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\nGET /stolen HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
    {"transfer_encoding", get("/", "Transfer-Encoding: gzip\r\n"), "HTTP/1.1 501"},
    {"header", get("/", "X: " + std::string(3000, 'a') + "\r\n"), "HTTP/1.1 431"},
    {"length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", "HTTP/1.1 413"},
    {"length_and_body",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'a'),
     "HTTP/1.1 413"},
    {"chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n",
     "HTTP/1.1 413"},
};
INSTANTIATE_TEST_SUITE_P(Server, BadRequests, ::testing::ValuesIn(kBad),
                         [](const auto& test) { return test.param.test_name; });

TEST(Server, SlowHeadersAreTimedOut) {
  ServerOptions options = small_options();
  options.header_patience = Milliseconds{50};
  TestServer server(echo, options);
  TestClient client(server.port());
  EXPECT_THAT(client.exchange("GET / HTTP/1.1\r\nHost:"), StartsWith("HTTP/1.1 408"));
}

// One byte at a time does not extend the time.
TEST(Server, DrippingBodiesAreTimedOut) {
  ServerOptions options = small_options();
  options.body_patience = Milliseconds{100};
  TestServer server(echo, options);
  TestClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  pollfd answered{client.fd(), POLLIN, 0};
  while (::poll(&answered, 1, 5) == 0)
    client.send("a");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 408"));
}

TEST(Server, IdleConnectionsAreClosedWithoutAWord) {
  ServerOptions options = small_options();
  options.idle = Milliseconds{50};
  TestServer server(echo, options);
  TestClient silent(server.port());
  EXPECT_TRUE(silent.is_closed_by_peer());
  TestClient used(server.port());
  EXPECT_THAT(used.exchange(get("/")), HasSubstr("200 OK"));
  EXPECT_TRUE(used.is_closed_by_peer());
}

// While a handler works, nothing times out.
TEST(Server, ALongAnswerIsWaitedFor) {
  ServerOptions options = small_options();
  options.idle = options.header_patience = options.body_patience = Milliseconds{20};
  const Handler handler = [](Request) -> awaitable<Response> {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    timer.expires_after(Milliseconds{200});
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return Response();
  };
  TestServer server(handler, options);
  TestClient client(server.port());
  EXPECT_THAT(client.exchange(get("/")), HasSubstr("200 OK"));
}

TEST(Server, ConnectionsBeyondTheCapAreTurnedAway) {
  ServerOptions options = small_options();
  options.connections = 2;
  TestServer server(echo, options);
  TestClient first(server.port());
  TestClient second(server.port());
  EXPECT_THAT(first.exchange(get("/")), HasSubstr("200 OK"));
  EXPECT_THAT(second.exchange(get("/")), HasSubstr("200 OK"));
  TestClient third(server.port());
  EXPECT_THAT(third.read_answer(),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Connection: close")));
  EXPECT_THAT(first.exchange(get("/")), HasSubstr("200 OK"));
}

TEST(Server, BodiesTogetherAreBounded) {
  ServerOptions options = small_options();
  options.bodies = 100_KiB;
  TestServer server(echo, options);
  TestClient holder(server.port());
  holder.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n" +
              std::string(80'000, 'a'));
  TestClient witness(server.port());
  const std::string request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n";
  EXPECT_THAT(witness.exchange(request + std::string(90'000, 'b')), StartsWith("HTTP/1.1 503"));
  holder.send(std::string(10'000, 'a'));
  EXPECT_THAT(holder.read_answer(), StartsWith("HTTP/1.1 200"));
  TestClient later(server.port());
  EXPECT_THAT(later.exchange(request + std::string(90'000, 'b')), StartsWith("HTTP/1.1 200"));
}

TEST(Server, AThrowingHandlerIsAnInternalError) {
  const Handler handler = [](Request request) -> awaitable<Response> {
    if (request.path == "/throw") throw std::runtime_error("a secret of the inside");
    co_return Response();
  };
  TestServer server(handler, small_options());
  TestClient client(server.port());
  const std::string answer = client.exchange(get("/throw"));
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("{\"refused\":"),
                            Not(HasSubstr("secret"))));
  EXPECT_THAT(client.exchange(get("/")), HasSubstr("200 OK"));
}

TEST(Server, AHeaderWithALineBreakNeverLeaves) {
  const Handler handler = [](Request request) -> awaitable<Response> {
    Response response;
    response.headers.emplace_back("Location", *request.parameter("to"));
    co_return response;
  };
  TestServer server(handler, small_options());
  TestClient client(server.port());
  EXPECT_THAT(client.exchange(get("/?to=/fine")), HasSubstr("Location: /fine\r\n"));
  EXPECT_THAT(client.exchange(get("/?to=/%0d%0aSet-Cookie:%20a=b")),
              AllOf(StartsWith("HTTP/1.1 500"), Not(HasSubstr("Set-Cookie"))));
  EXPECT_THAT(client.exchange(get("/?to=%00")), StartsWith("HTTP/1.1 500"));
}

TEST(Server, StopLetsRequestsFinishAndClosesIdleConnections) {
  boost::asio::steady_timer* gate = nullptr;
  std::promise<void> entered;
  const Handler handler = [&](Request) -> awaitable<Response> {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    timer.expires_at(boost::asio::steady_timer::time_point::max());
    gate = &timer;
    entered.set_value();
    boost::system::error_code ignored;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
    co_await timer.async_wait(token);
    co_return Response();
  };
  TestServer server(handler, small_options());
  TestClient idle(server.port());
  TestClient busy(server.port());
  busy.send(get("/"));
  entered.get_future().wait();
  EXPECT_EQ(server.connections(), 2U);
  server.stop_accepting();
  EXPECT_TRUE(idle.is_closed_by_peer());
  EXPECT_THROW(TestClient{server.port()}, std::runtime_error);
  server.on_its_thread([&] { gate->cancel(); });
  EXPECT_THAT(busy.read_answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(busy.is_closed_by_peer());
}

TEST(Server, AnAddressInUseIsSaid) {
  TestServer server(echo, small_options());
  boost::asio::io_context io;
  ServerOptions options;
  options.port = server.port();
  const auto second = make_server(io.get_executor(), options, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kInvalid);
  EXPECT_THAT(second.error().message,
              AllOf(HasSubstr(std::to_string(server.port())), HasSubstr("another program")));
}

TEST(Server, WhatIsNoAddressIsSaid) {
  boost::asio::io_context io;
  ServerOptions options;
  options.address = "localhost";
  const auto server = make_server(io.get_executor(), options, echo);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("'localhost' is no IP address"));
}

}  // namespace
}  // namespace engine::http
