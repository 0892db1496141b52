#include <future>
#include <memory>
#include <stdexcept>

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

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

using Writing = std::function<awaitable<void>(StreamWriter&)>;

Handler streaming(Writing writing) {
  return [writing](Request) -> awaitable<Response> {
    Response response;
    response.content_type = "text/event-stream";
    response.stream = writing;
    co_return response;
  };
}

awaitable<void> three_pieces(StreamWriter& writer) {
  for (const char* piece : {"one ", "", "two ", "a piece of twenty-one"}) {
    const bool is_taken = co_await writer.write(piece);
    EXPECT_TRUE(is_taken);
  }
}

TEST(Stream, IsSentInChunksAndTheConnectionIsKept) {
  TestServer server(streaming(three_pieces), {});
  TestClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(client.exchange(kGet),
                AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"), Not(HasSubstr("Content-Length")),
                      EndsWith("\r\n\r\n4\r\none \r\n4\r\ntwo \r\n15\r\na piece of twenty-one\r\n"
                               "0\r\n\r\n")));
  }
}

TEST(Stream, OldClientsGetItPlainUntilTheClose) {
  TestServer server(streaming(three_pieces), {});
  TestClient client(server.port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.read_to_end(),
              AllOf(HasSubstr("Connection: close\r\n"), Not(HasSubstr("chunked")),
                    EndsWith("\r\n\r\none two a piece of twenty-one")));
}

TEST(Stream, HeadStartsNoStream) {
  TestServer server(streaming([](StreamWriter&) -> awaitable<void> {
                      ADD_FAILURE() << "the stream ran";
                      co_return;
                    }),
                    {});
  TestClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_answer(false), EndsWith("\r\n\r\n"));
}

// Writes without end; the promise is kept when a write says that the client has gone.
Writing endless(std::shared_ptr<std::promise<void>> gone, std::string piece) {
  return [gone, piece](StreamWriter& writer) -> awaitable<void> {
    bool is_there = true;
    while (is_there)
      is_there = co_await writer.write(piece);
    const bool is_back = co_await writer.write(piece);
    EXPECT_FALSE(is_back);
    gone->set_value();
  };
}

bool is_kept(std::promise<void>& promise) {
  const auto patience = Milliseconds{TestClient::kTestPatienceMs};
  return promise.get_future().wait_for(patience) == std::future_status::ready;
}

TEST(Stream, AClientThatClosesIsNoticed) {
  const auto gone = std::make_shared<std::promise<void>>();
  TestServer server(streaming(endless(gone, "tick")), {});
  TestClient client(server.port());
  client.send(kGet);
  client.close();
  EXPECT_TRUE(is_kept(*gone));
}

TEST(Stream, AClientThatReadsTooSlowlyIsDropped) {
  const auto gone = std::make_shared<std::promise<void>>();
  ServerOptions options;
  options.write_patience = Milliseconds{100};
  TestServer server(streaming(endless(gone, std::string(1U << 20, 'x'))), options);
  TestClient client(server.port());
  client.send(kGet);
  EXPECT_TRUE(is_kept(*gone));
}

// A body without its last chunk tells the client that something is missing.
TEST(Stream, AFailureCutsTheBody) {
  const Writing failing = [](StreamWriter& writer) -> awaitable<void> {
    co_await writer.write("half");
    throw std::runtime_error("no more");
  };
  TestServer server(streaming(failing), {});
  TestClient client(server.port());
  client.send(kGet);
  EXPECT_THAT(client.read_to_end(), EndsWith("4\r\nhalf\r\n"));
}

}  // namespace
}  // namespace engine::http
