#include "http/request_parser.h"

#include <algorithm>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using ::testing::HasSubstr;

// Offers `bytes` in pieces of `step`; what is left over goes in front of the next piece, as a
// connection does it.
void feed(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string waiting;
  while (!bytes.empty() && !parser.is_done() && !parser.fault()) {
    waiting += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (const std::size_t used = parser.feed(waiting))
      waiting.erase(0, used);
  }
}

struct Readable {
  const char* test_name;
  const char* body;
  std::string bytes;
};
class Requests : public ::testing::TestWithParam<std::tuple<Readable, std::size_t>> {};

TEST_P(Requests, AreReadInPiecesOfAnySize) {
  const auto& [test, step] = GetParam();
  RequestParser parser(1_KiB, 100_B);
  feed(parser, test.bytes, step);
  ASSERT_FALSE(parser.fault()) << parser.fault()->message;
  ASSERT_TRUE(parser.is_done());
  EXPECT_EQ(parser.request().path, "/a");
  EXPECT_EQ(parser.request().body, test.body);
}

const Readable kReadable[] = {
    {"no_body",       "",      "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"                               },
    {"http_1_0",      "",      "GET /a HTTP/1.0\r\n\r\n"                                          },
    {"length",        "hello", "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"  },
    {"not_encoded",   "hello",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"},
    {"twice",         "hi",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
     "Content-Length: 2\r\n\r\nhi"                                                                },
    {"chunked",       "hello",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
     "3;x=\"y\"\r\nhel\r\n02\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n"                                    },
    {"empty_chunked", "",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n"                                                                                  },
};
INSTANTIATE_TEST_SUITE_P(RequestParser, Requests,
                         ::testing::Combine(::testing::ValuesIn(kReadable),
                                            ::testing::Values(1, 2, 3, 7, 1000)),
                         [](const auto& test) {
                           return std::get<0>(test.param).test_name + std::string("_by_") +
                                  std::to_string(std::get<1>(test.param));
                         });

struct Unreadable {
  const char* test_name;
  std::string bytes;
  int status;
  const char* sentence;
};
class Faults : public ::testing::TestWithParam<std::tuple<Unreadable, std::size_t>> {};

TEST_P(Faults, AreNamedWithTheirStatus) {
  const auto& [test, step] = GetParam();
  RequestParser parser(1_KiB, 100_B);
  feed(parser, test.bytes, step);
  ASSERT_TRUE(parser.fault());
  EXPECT_EQ(parser.fault()->status, test.status) << parser.fault()->message;
  EXPECT_THAT(parser.fault()->message, HasSubstr(test.sentence));
}

std::string post(std::string_view headers, std::string_view body = "") {
  return "POST /a HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n" + std::string(body);
}
std::string many(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += text;
  return out;
}

const Unreadable kUnreadable[] = {
    {"garbage", "\x16\x03\x01\x02 what\r\n\r\n", 400, "no readable"},
    {"no_version", "GET /a\r\n\r\n", 400, "no readable"},
    {"http_2", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 400, "no readable"},
    {"bare_line_feeds", "GET /a HTTP/1.1\nHost: h\n\n\r\n\r\n", 400, "no readable"},
    {"space_before_colon", post("X : 1\r\n"), 400, "no readable"},
    {"broken_percent", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400, "hexadecimal"},
    {"nul_in_path", "GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "control character"},
    {"no_host", "GET /a HTTP/1.1\r\n\r\n", 400, "Host"},
    {"two_hosts", post("Host: i\r\n"), 400, "Host"},
    {"long_target", "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 431, "1024"},
    {"long_header", post("X: " + std::string(2000, 'a') + "\r\n"), 431, "1024"},
    {"many_headers", post(many("X: 1\r\n", 400)), 431, "1024"},
    {"large_length", post("Content-Length: 101\r\n"), 413, "100"},
    {"huge_length", post("Content-Length: 18446744073709551615\r\n"), 413, "100"},
    {"overflowing_length", post("Content-Length: 18446744073709551616\r\n"), 400, "in doubt"},
    {"negative_length", post("Content-Length: -1\r\n"), 400, "in doubt"},
    {"signed_length", post("Content-Length: +1\r\n"), 400, "in doubt"},
    {"hexadecimal_length", post("Content-Length: 0x1\r\n"), 400, "in doubt"},
    {"empty_length", post("Content-Length: \r\n"), 400, "in doubt"},
    {"two_lengths", post("Content-Length: 1\r\nContent-Length: 2\r\n"), 400, "in doubt"},
    {"length_list", post("Content-Length: 1, 2\r\n"), 400, "in doubt"},
    {"length_then_chunked", post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400,
     "in doubt"},
    {"chunked_then_length", post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), 400,
     "in doubt"},
    {"gzip_then_length", post("Transfer-Encoding: gzip\r\nContent-Length: 1\r\n"), 400, "in doubt"},
    {"chunked_twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
     "in doubt"},
    {"chunked_in_1_0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "in doubt"},
    {"gzip", post("Transfer-Encoding: gzip\r\n"), 501, "chunked"},
    {"gzip_chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 501, "chunked"},
    {"chunked_gzip", post("Transfer-Encoding: chunked, gzip\r\n"), 501, "chunked"},
    {"misspelt_chunked", post("Transfer-Encoding: xchunked\r\n"), 501, "chunked"},
    {"gzipped_body", post("Content-Encoding: gzip\r\n"), 415, "Content-Encoding"},
    {"packed_twice", post("Content-Encoding: identity, br\r\n"), 415, "Content-Encoding"},
    {"unknown_expectation", post("Expect: wonders\r\n"), 417, "Expect"},
    {"large_chunk", post("Transfer-Encoding: chunked\r\n", "65\r\na"), 413, "100"},
    {"large_chunks", post("Transfer-Encoding: chunked\r\n", many("a\r\n0123456789\r\n", 11)), 413,
     "100"},
    {"overflowing_chunk", post("Transfer-Encoding: chunked\r\n", "1ffffffffffffffff\r\n"), 400,
     "no readable"},
    {"no_chunk_size", post("Transfer-Encoding: chunked\r\n", "xyz\r\nabc\r\n"), 400, "no readable"},
    {"chunk_too_short", post("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"), 400,
     "no readable"},
    {"endless_chunk_header", post("Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'a')),
     400, "too long"},
    {"endless_trailer", post("Transfer-Encoding: chunked\r\n", "0\r\n" + many("X: 1\r\n", 1000)),
     400, "too long"},
    {"length_in_trailer", post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 5\r\n\r\n"),
     400, "in doubt"},
};
INSTANTIATE_TEST_SUITE_P(RequestParser, Faults,
                         ::testing::Combine(::testing::ValuesIn(kUnreadable),
                                            ::testing::Values(1, 64)),
                         [](const auto& test) {
                           return std::get<0>(test.param).test_name + std::string("_by_") +
                                  std::to_string(std::get<1>(test.param));
                         });

TEST(RequestParser, StopsAtTheEndOfItsRequest) {
  const std::string first = post("Content-Length: 2\r\n", "hi");
  const std::string both = first + post("", "");
  RequestParser parser(1_KiB, 100_B);
  std::size_t used = 0;
  while (const std::size_t more = parser.feed(std::string_view(both).substr(used)))
    used += more;
  EXPECT_TRUE(parser.is_done());
  EXPECT_EQ(used, first.size());
}

// Each piece alone is within the limit.
TEST(RequestParser, HeadersOfAllPiecesCountTogether) {
  RequestParser parser(1_KiB, 100_B);
  feed(parser, post(many("X: 1\r\n", 240)), 800);
  ASSERT_TRUE(parser.fault());
  EXPECT_EQ(parser.fault()->status, 431);
}

TEST(RequestParser, KeepsHeadersInOrderAndFindsThemByAnyCase) {
  RequestParser parser(1_KiB, 100_B);
  feed(parser, post("X-One: a\r\nx-one: b\r\nEmpty:\r\n"), 1000);
  ASSERT_TRUE(parser.is_done());
  const Request& request = parser.request();
  EXPECT_EQ(request.headers.size(), 4U);
  ASSERT_TRUE(request.header("X-ONE"));
  EXPECT_EQ(*request.header("X-ONE"), "a");
  EXPECT_EQ(*request.header("empty"), "");
  EXPECT_FALSE(request.header("X-On"));
}

TEST(RequestParser, TrailersAreNoHeaders) {
  RequestParser parser(1_KiB, 100_B);
  feed(parser, post("Transfer-Encoding: chunked\r\n", "0\r\nAuthorization: x\r\n\r\n"), 1000);
  ASSERT_TRUE(parser.is_done());
  EXPECT_FALSE(parser.request().header("Authorization"));
}

}  // namespace
}  // namespace engine::http
