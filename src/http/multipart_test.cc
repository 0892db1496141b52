#include "http/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kType = "multipart/form-data; boundary=b";

std::string part(std::string_view headers, std::string_view content) {
  return "--b\r\n" + std::string(headers) + "\r\n\r\n" + std::string(content) + "\r\n";
}
std::string field(std::string_view name, std::string_view content) {
  return part("Content-Disposition: form-data; name=\"" + std::string(name) + "\"", content);
}

TEST(Multipart, ReadsFieldsAndFiles) {
  const std::string body =
      field("language", "cpp") +
      part(
          "Content-Disposition: form-data; name=\"sourceCode\"; filename=\"a.cpp\"\r\n"
          "Content-Type: text/x-c++src",
          "int main() {}\r\n") +
      "--b--\r\n";
  const auto parts = parse_multipart(kType, body, 10);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "language");
  EXPECT_EQ((*parts)[0].content, "cpp");
  EXPECT_FALSE((*parts)[0].is_file);
  EXPECT_EQ((*parts)[1].name, "sourceCode");
  EXPECT_EQ((*parts)[1].file_name, "a.cpp");
  EXPECT_EQ((*parts)[1].content, "int main() {}\r\n");
  EXPECT_TRUE((*parts)[1].is_file);
}

TEST(Multipart, ContentIsLeftAsItIs) {
  const std::string content("\0\r\n--a\r\n--bb\r\n--b\n--\r\n\r\n", 24);
  const std::string body = field("x", content) + "--b--";
  const auto parts = parse_multipart(kType, body, 1);
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ((*parts)[0].content, content);
}

TEST(Multipart, EmptyContentAndEmptyForm) {
  const std::string body = field("x", "") + "--b--";
  const auto parts = parse_multipart(kType, body, 1);
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0].content, "");
  const auto none = parse_multipart(kType, "--b--\r\n", 1);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST(Multipart, PreambleEpilogueAndPaddingAreIgnored) {
  const std::string body =
      "for old mail readers\r\n--b \t\r\n"
      "Content-Disposition: form-data; name=x\r\n\r\n1\r\n--b--\r\nlater --b";
  const auto parts = parse_multipart(kType, body, 1);
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ((*parts)[0].content, "1");
}

struct Named {
  const char* name;
  const char* file_name;
  bool is_file;
  const char* disposition;
};
class Names : public ::testing::TestWithParam<Named> {};

TEST_P(Names, AreReadAsClientsWriteThem) {
  const std::string body =
      part(std::string("X: 1\r\ncontent-Disposition:") + GetParam().disposition, "c") + "--b--";
  const auto parts = parse_multipart(kType, body, 1);
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ((*parts)[0].name, GetParam().name);
  EXPECT_EQ((*parts)[0].file_name, GetParam().file_name);
  EXPECT_EQ((*parts)[0].is_file, GetParam().is_file);
}

const Named kNames[] = {
    {"a", "b.c",           true,  "form-data;name=\"a\";filename=\"b.c\""               },
    {"a", "b.c",           true,  " Form-Data; NAME=a; FileName=b.c "                   },
    {"a", "q\"u\\o.c",     true,  R"(form-data; name="a"; filename="q\"u\\o.c")"        },
    {"a", "C:\\d\\b.c",    true,  R"(form-data; name="a"; filename="C:\d\b.c")"         },
    {"a", "\xc3\xa4 ;=.c", true,  "form-data; name=a; filename=\"\xc3\xa4 ;=.c\""       },
    {"a", "b",             true,  "form-data; name=a; filename*=UTF-8''%2ec; filename=b"},
    {"a", "",              true,  "form-data; name=a; filename=\"\""                    },
    {"a", "",              false, "form-data; name=\"a\";"                              },
};
INSTANTIATE_TEST_SUITE_P(Multipart, Names, ::testing::ValuesIn(kNames));

TEST(Multipart, BoundaryMayBeQuoted) {
  const auto parts =
      parse_multipart("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"", "--a b:c--", 1);
  EXPECT_TRUE(parts);
}

struct Refused {
  const char* test_name;
  const char* content_type;
  std::string body;
  const char* sentence;
};
class Malformed : public ::testing::TestWithParam<Refused> {};

TEST_P(Malformed, IsRefusedWithASentence) {
  const auto parts = parse_multipart(GetParam().content_type, GetParam().body, 2);
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().code, Errc::kInvalid);
  EXPECT_THAT(parts.error().message, HasSubstr(GetParam().sentence));
}

const std::string kGood = field("x", "1") + "--b--";
const char* const kB = "multipart/form-data; boundary=b";
const Refused kRefused[] = {
    {"not_multipart", "application/json", kGood, "not multipart/form-data"},
    {"no_boundary", "multipart/form-data", kGood, "no boundary"},
    {"empty_boundary", "multipart/form-data; boundary=\"\"", kGood, "no boundary"},
    {"long_boundary",
     "multipart/form-data; boundary="
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", kGood, "1 to 70"},
    {"unclosed_boundary", "multipart/form-data; boundary=\"b", kGood, "cannot be read"},
    {"two_boundaries", "multipart/form-data; boundary=b; boundary=c", kGood, "cannot be read"},
    {"wrong_boundary", "multipart/form-data; boundary=c", kGood, "no line of the body"},
    {"empty_body", kB, "", "no line of the body"},
    {"bare_line_feeds", kB, "--b\nContent-Disposition: form-data; name=x\n\n1\n--b--\n", "CR LF"},
    {"no_last_boundary", kB, field("x", "1"), "last boundary"},
    {"cut_in_content", kB, "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1", "cut short"},
    {"cut_in_header", kB, "--b\r\nContent-Disposition: form-data", "no end"},
    {"long_header", kB, part("X: " + std::string(9000, 'a'), "1") + "--b--", "too long"},
    {"no_disposition", kB, part("Content-Type: text/plain", "1") + "--b--", "Content-Disposition"},
    {"no_headers", kB, "--b\r\n\r\n1\r\n--b--", "Content-Disposition"},
    {"no_name", kB, part("Content-Disposition: form-data", "1") + "--b--", "no name"},
    {"two_names", kB, part("Content-Disposition: form-data; name=a; name=b", "1") + "--b--",
     "cannot be read"},
    {"two_dispositions", kB,
     part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "1") +
         "--b--", "two dispositions"},
    {"attachment", kB, part("Content-Disposition: attachment; name=a", "1") + "--b--",
     "not form-data"},
    {"unclosed_name", kB, part("Content-Disposition: form-data; name=\"a", "1") + "--b--",
     "cannot be read"},
    {"no_colon", kB, part("Content-Disposition", "1") + "--b--", "header cannot be read"},
    {"folded", kB, part("Content-Disposition: form-data; name=a;\r\n filename=b", "1") + "--b--",
     "header cannot be read"},
    {"line_feed_in_name", kB, part("Content-Disposition: form-data; name=\"a\nb\"", "1") + "--b--",
     "header cannot be read"},
    {"base64", kB,
     part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "MQ==") +
         "--b--", "Content-Transfer-Encoding"},
    {"too_many_parts", kB, field("a", "1") + field("b", "2") + field("c", "3") + "--b--",
     "more than 2 parts"},
};
INSTANTIATE_TEST_SUITE_P(Multipart, Malformed, ::testing::ValuesIn(kRefused),
                         [](const auto& test) { return test.param.test_name; });

TEST(Multipart, HundredThousandPartsAreRefusedEarly) {
  std::string body;
  for (int i = 0; i < 100'000; ++i)
    body += field("x", "");
  body += "--b--";
  EXPECT_FALSE(parse_multipart(kType, body, 100));
  const auto all = parse_multipart(kType, body, 100'000);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 100'000U);
}

// Each of these costs its square when a parser looks back or starts over.
TEST(Multipart, HostileBodiesTakeLinearTime) {
  std::string almost;
  const std::string type = "multipart/form-data; boundary=" + std::string(70, 'a');
  while (almost.size() < (1U << 20))
    almost += "\r\n--" + std::string(69, 'a');
  EXPECT_FALSE(parse_multipart(type, almost, 10));
  std::string blanks = "\r\n--b" + std::string(1U << 20, ' ');
  EXPECT_FALSE(parse_multipart(kType, blanks, 10));
  std::string marks;
  while (marks.size() < (1U << 20))
    marks += "\r\n--b  ";
  EXPECT_FALSE(parse_multipart(kType, marks, 10));
}

}  // namespace
}  // namespace engine::http
