#include "http/router.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Answers with its own name, and keeps the request it saw.
class RouterTest : public ::testing::Test {
 protected:
  Handler named(std::string name) {
    return [this, name](Request request) -> boost::asio::awaitable<Response> {
      seen_ = std::move(request);
      Response response;
      response.body = name;
      co_return response;
    };
  }

  Response ask(std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    boost::asio::io_context io;
    auto response =
        boost::asio::co_spawn(io, router_.handle(std::move(request)), boost::asio::use_future);
    io.run();
    return response.get();
  }

  Request seen_;
  Router router_{[this](const Request& request, int status, std::string message) {
    seen_ = request;
    Response response;
    response.status = status;
    response.body = std::move(message);
    return response;
  }};
};

TEST_F(RouterTest, PartsMatchOneSegmentEach) {
  router_.on("GET", "/items/{}/parts/{}", named("part"));
  EXPECT_EQ(ask("GET", "/items/7/parts/a b").body, "part");
  EXPECT_THAT(seen_.captures, ElementsAre("7", "a b"));
  EXPECT_EQ(seen_.route, "/items/{}/parts/{}");
  for (const char* path : {"/items/7/parts", "/items/7/parts/", "/items//parts/1",
                           "/items/7/parts/1/", "/items/7/parts/1/2", "items/7/parts/1", "*", ""}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
}

TEST_F(RouterTest, RestTakesAllThatFollows) {
  router_.on("GET", "/files/{*}", named("file"));
  EXPECT_EQ(ask("GET", "/files/a/b//c").body, "file");
  EXPECT_THAT(seen_.captures, ElementsAre("a/b//c"));
  EXPECT_EQ(ask("GET", "/files/").body, "file");
  EXPECT_THAT(seen_.captures, ElementsAre(""));
  EXPECT_EQ(ask("GET", "/files").status, 404);
}

TEST_F(RouterTest, TheFirstMatchStands) {
  router_.on("GET", "/a/url", named("url")).on("GET", "/a/{}", named("any"));
  EXPECT_EQ(ask("GET", "/a/url").body, "url");
  EXPECT_EQ(ask("GET", "/a/x").body, "any");
}

TEST_F(RouterTest, RootIsAPath) {
  router_.on("GET", "/", named("root"));
  EXPECT_EQ(ask("GET", "/").body, "root");
  EXPECT_EQ(ask("GET", "//").status, 404);
}

TEST_F(RouterTest, HeadIsServedByGet) {
  router_.on("GET", "/a", named("a"));
  EXPECT_EQ(ask("HEAD", "/a").status, 200);
  EXPECT_EQ(seen_.method, "HEAD");
}

TEST_F(RouterTest, AnotherMethodIsToldWhatIsAllowed) {
  router_.on("GET", "/a", named("get")).on("DELETE", "/a", named("delete"));
  router_.on("POST", "/b", named("post"));
  const Response response = ask("PUT", "/a");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD, DELETE")));
  EXPECT_EQ(seen_.route, "/a");
  EXPECT_EQ(ask("HEAD", "/b").status, 405);
}

TEST_F(RouterTest, AnUnknownPathHasNoRoute) {
  EXPECT_EQ(ask("GET", "/a").status, 404);
  EXPECT_THAT(seen_.route, IsEmpty());
}

}  // namespace
}  // namespace engine::http
