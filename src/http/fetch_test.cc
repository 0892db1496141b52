#include "http/fetch.h"

#include <cstdlib>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "http/address_guard.h"
#include "http/testing/origin.h"

namespace engine::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Origin;

Origin::Script always(std::string answer) {
  return [answer](const std::string&, const Origin::Send& send) { send(answer); };
}
std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}
std::string redirect(std::string_view location) {
  return "HTTP/1.1 302 Found\r\nLocation: " + std::string(location) +
         "\r\nContent-Length: 5\r\n\r\nmoved";
}

FetchOptions loopback() {
  FetchOptions options;
  options.allow = {"127.0.0.1/32"};
  options.size = 1_KiB;
  return options;
}

Result<FetchedFile> fetch(const std::string& url, FetchOptions options = loopback()) {
  const auto client = make_guarded_client(std::move(options));
  if (!client) return client.error();
  return (*client)->fetch(url);
}

void expect_error(const Result<FetchedFile>& result, Errc code, const char* sentence) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, code) << result.error().message;
  EXPECT_THAT(result.error().message, HasSubstr(sentence));
}

TEST(Fetch, BringsTheFileAndItsName) {
  std::string head;
  const Origin origin([&](const std::string& request, const Origin::Send& send) {
    head = request;
    send(ok("int main() {}"));
  });
  const auto file = fetch(origin.url("/dir/a%20b.cpp?raw=1#top"));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->name, "a b.cpp");
  EXPECT_EQ(file->content, "int main() {}");
  EXPECT_THAT(head, AllOf(HasSubstr("GET /dir/a%20b.cpp?raw=1 HTTP/1.1\r\n"),
                          HasSubstr("Accept-Encoding: identity\r\n"), Not(HasSubstr("Cookie")),
                          Not(HasSubstr("Authorization"))));
}

TEST(Fetch, AFileMayHaveNoName) {
  const Origin origin(always(ok("x")));
  EXPECT_EQ(fetch(origin.url("/"))->name, "");
  EXPECT_EQ(fetch(origin.url(""))->name, "");
  EXPECT_EQ(fetch(origin.url("/a%zz"))->name, "");
}

// Whatever way the host is spelt, nothing that is not public is connected to.
TEST(Fetch, ConnectsToNothingThatIsNotPublic) {
  const Origin origin(always(ok("secret")));
  std::vector<std::string> hosts = {"127.0.0.1",          "localhost",     "2130706433", "0x7f.1",
                                    "0177.0.0.1",         "127.1",         "0.0.0.0",    "[::1]",
                                    "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::]"};
  for (const char* name : {"192.168.1.1", "169.254.169.254", "[fd00::1]", "[64:ff9b::7f00:1]"}) {
    hosts.emplace_back(name);
  }
  for (const IpAddress& own : own_addresses()) {
    if (own.is_v6) continue;
    char text[INET_ADDRSTRLEN];
    hosts.emplace_back(::inet_ntop(AF_INET, own.bytes.data(), text, sizeof(text)));
  }
  for (const auto& host : hosts) {
    const auto file = fetch("http://" + host + ":" + origin.port() + "/a.c", FetchOptions{});
    ASSERT_FALSE(file) << host;
    EXPECT_EQ(file.error().code, Errc::kInvalid) << host << ": " << file.error().message;
    EXPECT_THAT(file.error().message, HasSubstr("not at a public address"));
  }
  EXPECT_EQ(origin.connections(), 0);
}

TEST(Fetch, AllowsOnlyTheNamedRange) {
  const Origin origin(always(ok("x")));
  EXPECT_TRUE(fetch(origin.url("/a")));
  expect_error(fetch("http://127.0.0.2:" + origin.port() + "/a"), Errc::kInvalid, "public");
  expect_error(fetch("http://[::ffff:127.0.0.1]:" + origin.port() + "/a"), Errc::kInvalid,
               "public");
  EXPECT_EQ(origin.connections(), 1);
}

TEST(Fetch, ANameIsJudgedByTheAddressThatIsConnectedTo) {
  const Origin origin(always(ok("x")));
  FetchOptions options = loopback();
  options.hosts = {"good.test:" + origin.port() + ":127.0.0.1",
                   "evil.test:" + origin.port() + ":127.0.0.2",
                   "both.test:" + origin.port() + ":127.0.0.2,127.0.0.1"};
  EXPECT_TRUE(fetch("http://good.test:" + origin.port() + "/a", options));
  expect_error(fetch("http://evil.test:" + origin.port() + "/a", options), Errc::kInvalid,
               "'evil.test' is not at a public address");
  EXPECT_EQ(origin.connections(), 1);
  EXPECT_TRUE(fetch("http://both.test:" + origin.port() + "/a", options));
  EXPECT_EQ(origin.connections(), 2);
}

struct Strange {
  const char* url;
  const char* sentence;
};

TEST(Fetch, OtherSchemesAndStrangeUrlsAreRefused) {
  const Strange cases[] = {
      {"file:///etc/passwd",          "http:// or https://"},
      {"ftp://127.0.0.1/a",           "http:// or https://"},
      {"gopher://127.0.0.1:6379/_x",  "http:// or https://"},
      {"dict://127.0.0.1:6379/x",     "http:// or https://"},
      {"unix:///run/docker.sock",     "http:// or https://"},
      {"javascript:alert(1)",         "URL"                },
      {"127.0.0.1/a.c",               "URL"                },
      {"//127.0.0.1/a.c",             "URL"                },
      {"",                            "URL"                },
      {"http://",                     "URL"                },
      {"http://127.0.0.1:99999/",     "URL"                },
      {"http://user:pass@127.0.0.1/", "user name"          },
      {"http://user@127.0.0.1/",      "user name"          },
      {"http://127.0.0.1/a b",        "space"              },
      {"http://①②⑦.⓪.⓪.①/",           "xn--"               },
      {"http://127。0。0。1/",        "xn--"               },
      {"http://%E2%91%A0.test/",      "xn--"               },
      {"http://127.0.0.1/\r\nX: 1",   "space or a control" },
  };
  for (const auto& test : cases) {
    const auto file = fetch(test.url);
    ASSERT_FALSE(file) << test.url;
    EXPECT_EQ(file.error().code, Errc::kInvalid) << test.url;
    EXPECT_THAT(file.error().message, HasSubstr(test.sentence)) << test.url;
  }
  expect_error(fetch(std::string("http://127.0.0.1/\0a", 19)), Errc::kInvalid, "control");
  expect_error(fetch("http://127.0.0.1/" + std::string(10'000, 'a')), Errc::kInvalid, "too long");
}

// "/3" leads to "/2", and so on to "/0", which is the file.
void count_down(const std::string& head, const Origin::Send& send) {
  const int left = head[5] - '0';
  send(left == 0 ? ok("here") : redirect("/" + std::to_string(left - 1) + "?x#y"));
}

TEST(Fetch, FollowsThreeRedirects) {
  const Origin origin(count_down);
  const auto file = fetch(origin.url("/3"));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->content, "here");
  EXPECT_EQ(file->name, "0");
  EXPECT_EQ(origin.connections(), 4);
  expect_error(fetch(origin.url("/4")), Errc::kPeerFailed, "too often");
  EXPECT_EQ(origin.connections(), 8);
}

TEST(Fetch, ARedirectIsCheckedLikeTheFirstUrl) {
  const Origin target(always(ok("secret")));
  for (const std::string& location :
       {"http://127.0.0.2:" + target.port() + "/", "//127.0.0.2:" + target.port() + "/",
        "http://u:p@127.0.0.1:" + target.port() + "/", std::string("file:///etc/passwd"),
        std::string("gopher://127.0.0.1/"), std::string("ftp://127.0.0.1/"),
        std::string("http://[::1]:1/")}) {
    const Origin origin(always(redirect(location)));
    const auto file = fetch(origin.url("/a"));
    ASSERT_FALSE(file) << location;
    EXPECT_EQ(file.error().code, Errc::kInvalid) << location << ": " << file.error().message;
  }
  EXPECT_EQ(target.connections(), 0);
}

TEST(Fetch, AFileOfTheLargestSizeIsTaken) {
  const Origin origin(always(ok(std::string(1024, 'x'))));
  EXPECT_EQ(fetch(origin.url("/a"))->content.size(), 1024U);
}

TEST(Fetch, ALargerFileIsRefusedByItsLength) {
  const Origin origin([](const std::string&, const Origin::Send& send) {
    send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
  });
  expect_error(fetch(origin.url("/a")), Errc::kTooLarge, "larger than 1024 bytes");
}

TEST(Fetch, AnEndlessBodyIsCutAtTheLimit) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}) {
    const Origin origin([head](const std::string&, const Origin::Send& send) {
      send(head);
      while (send("10\r\n0123456789abcdef\r\n")) {
      }
    });
    expect_error(fetch(origin.url("/a")), Errc::kTooLarge, "larger");
  }
}

TEST(Fetch, AnEndlessHeaderIsCut) {
  const Origin origin([](const std::string&, const Origin::Send& send) {
    send("HTTP/1.1 200 OK\r\n");
    while (send("X-Filler: 0123456789abcdef\r\n")) {
    }
  });
  expect_error(fetch(origin.url("/a")), Errc::kPeerFailed, "header");
}

TEST(Fetch, EndlessPreliminaryAnswersAreCut) {
  const Origin origin([](const std::string&, const Origin::Send& send) {
    while (send("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  expect_error(fetch(origin.url("/a")), Errc::kPeerFailed, "header");
}

// The bomb is not even read: nobody asked for compression.
TEST(Fetch, ACompressedFileIsRefused) {
  const Origin origin(
      always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb"));
  expect_error(fetch(origin.url("/a")), Errc::kPeerFailed, "compressed");
}

// A byte now and then does not extend the time, and a redirect does not start it anew.
TEST(Fetch, ADrippingBodyIsTimedOut) {
  FetchOptions options = loopback();
  options.patience = Milliseconds{300};
  const Origin origin([](const std::string& head, const Origin::Send& send) {
    if (head.starts_with("GET /first")) {
      send(redirect("/second"));
      return;
    }
    send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (send("a"))
      std::this_thread::sleep_for(Milliseconds{10});
  });
  const auto start = std::chrono::steady_clock::now();
  expect_error(fetch(origin.url("/first"), options), Errc::kPeerFailed, "in time");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Fetch, ASilentHostIsTimedOut) {
  FetchOptions options = loopback();
  options.patience = Milliseconds{100};
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(self);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&self), size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&self), &size), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(self.sin_port)) + "/a";
  expect_error(fetch(url, options), Errc::kPeerFailed, "in time");
}

struct Failing {
  const char* answer;
  const char* sentence;
};

TEST(Fetch, WhatTheOriginDoesWrongIsSaid) {
  const Failing cases[] = {
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 99999999\r\n\r\n", "status 404"           },
      {"HTTP/1.1 500 Oops\r\n\r\n",                                  "status 500"           },
      {"HTTP/1.1 204 No Content\r\n\r\n",                            "status 204"           },
      {"HTTP/1.1 302 Found\r\n\r\n",                                 "status 302"           },
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",         "before the file's end"},
      {"",                                                           "before the file's end"},
      {"SSH-2.0-OpenSSH_9.2\r\n",                                    "as a web server does" },
  };
  for (const auto& test : cases) {
    const Origin origin(always(test.answer));
    expect_error(fetch(origin.url("/a")), Errc::kPeerFailed, test.sentence);
  }
}

TEST(Fetch, AHostThatIsNotThereIsAPeerThatFailed) {
  std::string url;
  {
    const Origin gone(always(""));
    url = gone.url("/a");
  }
  expect_error(fetch(url), Errc::kPeerFailed, "cannot be connected to");
}

TEST(Fetch, ProxiesOfTheEnvironmentAreNotAsked) {
  const Origin proxy(always(ok("from the proxy")));
  const Origin origin(always(ok("from the origin")));
  const std::string address = proxy.url("");
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, address.c_str(), 1);
  }
  const auto file = fetch(origin.url("/a"));
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"})
    ::unsetenv(name);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->content, "from the origin");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(Fetch, ABrokenRangeIsRefusedAtTheStart) {
  FetchOptions options;
  options.allow = {"10.0.0.0/99"};
  const auto client = make_guarded_client(options);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace engine::http
