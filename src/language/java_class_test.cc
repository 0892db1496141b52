#include "language/java_class.h"

#include <chrono>

#include <gtest/gtest.h>

#include "domain/names.h"

namespace engine {
namespace {

struct Case {
  std::string label;
  std::string source;
  std::string file;  // Without ".java".
  std::string main;
};

class FindJavaClass : public testing::TestWithParam<Case> {};

TEST_P(FindJavaClass, NamesFileAndMainClass) {
  const JavaClass want{GetParam().file + ".java", GetParam().main};
  const JavaClass found = find_java_class(GetParam().source);
  EXPECT_EQ(found.file_name, want.file_name);
  EXPECT_EQ(found.main_class, want.main_class);
}

const std::string kMain = "{ public static void main(String[] a) {} }";

const Case kCases[] = {
    {"empty",            "",                                                                        "Main",              "Main"                },
    {"plain",            "public class Main " + kMain,                                              "Main",              "Main"                },
    {"other_name",       "public final class Solution " + kMain,                                    "Solution",          "Solution"            },
    {"varargs",          "class A { static public void main(final String... a) {} }",               "A",                 "A"                   },
    {"no_public",        "class Helper { int x; } class App " + kMain,                              "App",               "App"                 },
    {"public_elsewhere", "public interface Shape { int f(); } class App " + kMain,                  "Shape",             "App"                 },
    {"package",          "package com.example . app;\nclass Main " + kMain,                         "Main",              "com.example.app.Main"},
    {"line_comment",     "// public class Decoy\npublic class A " + kMain,                          "A",                 "A"                   },
    {"block_comment",    "/* class Decoy { */ class A " + kMain,                                    "A",                 "A"                   },
    {"open_comment",     "class A {} /* class B " + kMain,                                          "A",                 "A"                   },
    {"string",           "class A { String s = \"} class B { \\\" \"; } class C " + kMain,          "C",                 "C"                   },
    {"character",        "class A { char c = '}', d = '\\''; } class C " + kMain,                   "C",                 "C"                   },
    {"text_block",       "class A { String s = \"\"\"\n} \" class B {\n\"\"\"; } class C " + kMain, "C",
     "C"                                                                                                                                       },
    {"annotation",       "@Ann(x = Foo.class, y = \"class B\") public class A " + kMain,            "A",                 "A"                   },
    {"annotation_type",  "@interface Mark {} class A " + kMain,                                     "A",                 "A"                   },
    {"nested_main",      "class A { static class B " + kMain + " } class C " + kMain,               "C",                 "C"                   },
    {"nested_only",      "class A { static class B " + kMain + " }",                                "A",                 "A"                   },
    {"main_is_called",   "class A { void f() { main(null); } } class B " + kMain,                   "B",                 "B"                   },
    {"instance_main",    "class A { void main(int x) {} } class B " + kMain,                        "B",                 "B"                   },
    {"record",           "record Point(int x, int y) {} class A " + kMain,                          "A",                 "A"                   },
    {"record_main",      "public record P(int x) " + kMain,                                         "P",                 "P"                   },
    {"enum_main",        "enum E { X; public static void main(String[] a) {} }",                    "E",                 "E"                   },
    {"interface_main",   "interface I { static void main(String[] a) {} }",                         "I",                 "I"                   },
    {"generic",          "public class A<T extends B> extends C<T> implements D " + kMain,          "A",                 "A"                   },
    {"inherits_main",    "class B " + kMain + " public class A extends B {}",                       "A",                 "B"                   },
    {"dollar",           "public class $A_1 " + kMain,                                              "$A_1",              "$A_1"                },
    {"accents",          "public class \xc3\x89t\xc3\xa9 " + kMain,                                 "\xc3\x89t\xc3\xa9",
     "\xc3\x89t\xc3\xa9"                                                                                                                       },
    {"broken_utf8",      "public class \xff\xfe " + kMain,                                          "Main",              "Main"                },
    {"stray_braces",     "}}} public class A " + kMain,                                             "A",                 "A"                   },
    {"no_blanks",        "public class A{public static void main(String[]a){}}",                    "A",                 "A"                   },
};
INSTANTIATE_TEST_SUITE_P(Java, FindJavaClass, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.label; });

std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

// A quadratic scan of any of these would take minutes.
TEST(FindJavaClassOnHostileText, EndsSoonWithAGoodName) {
  constexpr std::size_t kMany = 100'000;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text :
       {times(kMany, "{"), times(kMany, "/*"), times(kMany, "\""), times(kMany, "\"\"\""),
        times(kMany, "'\\"), times(kMany, "class "), times(kMany, "package a."),
        times(kMany, "class A{}"), "public class " + times(kMany, "x"),
        times(kMany, "class A { void main("), times(kMany, "\\"), std::string(kMany, '\0')}) {
    const JavaClass found = find_java_class(text);
    EXPECT_TRUE(check_file_name(found.file_name)) << text.substr(0, 40);
    EXPECT_TRUE(check_file_name(found.main_class)) << text.substr(0, 40);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(FindJavaClassOnHostileText, EveryPrefixIsSurvived) {
  const std::string text =
      "package p; /* c */ @A(\"x\\\"\") public class B { char c = '\\''; String s = "
      "\"\"\"\n\\\"\"\"; "
      "static void main(String[] a) { /* } */ } } // end";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    EXPECT_TRUE(check_file_name(find_java_class(text.substr(0, length)).file_name)) << length;
  }
}

}  // namespace
}  // namespace engine
