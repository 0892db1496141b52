#include "domain/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

struct NameCase {
  std::string label;
  std::string name;
  std::string want_fault;  // Empty: the name is good.
};

class FileName : public ::testing::TestWithParam<NameCase> {};

TEST_P(FileName, IsGoodOrSaysWhyNot) {
  const auto status = check_file_name(GetParam().name);
  if (GetParam().want_fault.empty()) {
    EXPECT_TRUE(status) << status.error().message;
    return;
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kInvalid);
  EXPECT_THAT(status.error().message, HasSubstr(GetParam().want_fault));
}

std::string times(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += text;
  return out;
}

const NameCase kNames[] = {
    {"plain", "main.cpp", ""},
    {"folder", "src/lib/a.h", ""},
    {"hidden", ".config", ""},
    {"three_dots", "...", ""},
    {"blank_and_shell", "a b;$(x)|&*.c", ""},
    {"dash_inside", "a-b/-c@d", ""},
    {"one_code_point", "\xc3\xa9.py", ""},
    {"two_code_points", "e\xcc\x81.py", ""},
    {"emoji", "\xf0\x9f\x98\x80.py", ""},
    {"longest_part", times(255, "x"), ""},
    {"longest_name", times(4, times(250, "x") + "/") + "12345", ""},
    {"empty", "", "is empty"},
    {"absolute", "/etc/x", "is not relative"},
    {"dot", ".", "'.' or '..'"},
    {"parent", "../x", "'.' or '..'"},
    {"parent_inside", "a/../../x", "'.' or '..'"},
    {"parent_last", "a/..", "'.' or '..'"},
    {"double_slash", "a//b", "empty part"},
    {"slash_last", "a/", "empty part"},
    {"backslash", "..\\x", "backslash"},
    {"nul", "a\0b"s, "control character"},
    {"newline", "a\nb", "control character"},
    {"escape", "a\x1b[31mb", "control character"},
    {"delete", "a\x7f", "control character"},
    {"next_line", "a\xc2\x85", "control character"},
    {"line_separator", "a\xe2\x80\xa8", "control character"},
    {"right_to_left",
     "a\xe2\x80\xae"
     "cpp.exe", "writing direction"},
    {"isolate", "a\xe2\x81\xa6", "writing direction"},
    {"invalid_utf8", "a\xff", "UTF-8"},
    {"overlong_slash", "a\xc0\xaf", "UTF-8"},
    {"surrogate", "a\xed\xa0\x80", "UTF-8"},
    {"cut_sequence", "a\xc3", "UTF-8"},
    {"option", "-fplugin=x.so", "begins with '-' or '@'"},
    {"argument_file", "@list", "begins with '-' or '@'"},
    {"part_too_long", "a/" + times(256, "x"), "more than 255"},
    {"name_too_long", times(600, "x/") + "x", "more than 1024"},
};
INSTANTIATE_TEST_SUITE_P(Names, FileName, ::testing::ValuesIn(kNames),
                         [](const auto& test) { return test.param.label; });

struct SetCase {
  std::string label;
  std::vector<std::string> names;
  std::string want_field;  // Empty: the set is good.
  std::string want_fault;
};

class FileNames : public ::testing::TestWithParam<SetCase> {};

TEST_P(FileNames, FitTogetherOrSayWhyNot) {
  const auto status = check_file_names(GetParam().names, {"main", "out/lib.so"}, "files");
  ASSERT_EQ(status.has_value(), GetParam().want_field.empty());
  if (status) return;
  EXPECT_EQ(status.error().field, GetParam().want_field);
  EXPECT_THAT(status.error().message, HasSubstr(GetParam().want_fault));
}

const SetCase kSets[] = {
    {"none",               {},                        "",              ""                  },
    {"siblings",           {"a/b", "a/c", "d"},       "",              ""                  },
    {"unicode_twins",      {"\xc3\xa9", "e\xcc\x81"}, "",              ""                  },
    {"case_twins",         {"a.c", "A.c"},            "",              ""                  },
    {"beside_reserved",    {"main.c", "out/a.c"},     "",              ""                  },
    {"bad_name",           {"a", "../b"},             "files[1].name", "'.' or '..'"       },
    {"twice",              {"a", "b", "a"},           "files[2].name", "another file"      },
    {"file_then_folder",   {"a", "a/b"},              "files[1].name", "'a' is the name of"},
    {"folder_then_file",   {"a/b/c", "a/b"},          "files[1].name", "'a/b' is a direct" },
    {"reserved",           {"x", "main"},             "files[1].name", "'main' is reserved"},
    {"below_reserved",     {"main/x"},                "files[0].name", "'main' is reserved"},
    {"folder_of_reserved", {"out"},                   "files[0].name", "directory"         },
};
INSTANTIATE_TEST_SUITE_P(Sets, FileNames, ::testing::ValuesIn(kSets),
                         [](const auto& test) { return test.param.label; });

TEST(Quote, ShowsNoRawByteAndIsBounded) {
  EXPECT_EQ(quote("a\n\xff"), "'a\\x0a\\xff'");
  EXPECT_EQ(quote("it"), "'it'");
  EXPECT_LT(quote(times(5'000, "x")).size(), 100U);
}

}  // namespace
}  // namespace engine
