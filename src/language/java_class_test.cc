#include "language/java_class.h"

#include <ctime>

#include <gtest/gtest.h>

#include "domain/names.h"

namespace engine {
namespace {

struct Case {
  std::string label;
  std::string file;    // Without ".java".
  std::string main;    // Empty: the same.
  std::string source;  // With % for a body that has main.
};

class FindJavaClassIn : public ::testing::TestWithParam<Case> {};

TEST_P(FindJavaClassIn, NamesFileAndMainClass) {
  const auto& [label, file, main, pattern] = GetParam();
  std::string source = pattern;
  for (auto at = source.find('%'); at != std::string::npos; at = source.find('%'))
    source.replace(at, 1, "{ public static void main(String[] a) {} }");
  const JavaClass found = find_java_class(source);
  EXPECT_EQ(found.file_name, file + ".java");
  EXPECT_EQ(found.main_class, main.empty() ? file : main);
}

constexpr auto kStringDecoy = "class A { String s = \"} class B { \\\" \"; } class C %";
constexpr auto kBlockDecoy = "class A { String s = \"\"\"\n} \" {\n\"\"\"; } class C %";

const Case kCases[] = {
    {"empty",           "Main",  "",      ""                                                    },
    {"plain",           "Main",  "",      "public class Main %"                                 },
    {"other_name",      "Other", "",      "public final class Other %"                          },
    {"varargs",         "A",     "",      "class A { static public void main(String... a) {} }" },
    {"no_public",       "App",   "",      "class Helper { int x; } class App %"                 },
    {"public_other",    "Shape", "App",   "public interface Shape {} class App %"               },
    {"package",         "M",     "p.q.M", "package p . q;\nclass M %"                           },
    {"line_comment",    "A",     "",      "// public class Decoy\npublic class A %"             },
    {"block_comment",   "A",     "",      "/* class Decoy { */ class A %"                       },
    {"open_comment",    "A",     "",      "class A {} /* class B %"                             },
    {"string",          "C",     "",      kStringDecoy                                          },
    {"character",       "C",     "",      "class A { char c = '}', d = '\\''; } class C %"      },
    {"text_block",      "C",     "",      kBlockDecoy                                           },
    {"annotation",      "A",     "",      "@Ann(x = Foo.class, y = 2) class A %"                },
    {"annotation_type", "A",     "",      "@interface Mark {} class A %"                        },
    {"nested_main",     "C",     "",      "class A { static class B % } class C %"              },
    {"nested_only",     "A",     "",      "class A { static class B % }"                        },
    {"main_is_called",  "B",     "",      "class A { void f() { main(null); } } class B %"      },
    {"instance_main",   "B",     "",      "class A { void main(int x) {} } class B %"           },
    {"record",          "A",     "",      "record Point(int x, int y) {} class A %"             },
    {"record_main",     "P",     "",      "public record P(int x) %"                            },
    {"enum_main",       "E",     "",      "enum E { X; static void main(String[] a) {} }"       },
    {"interface_main",  "I",     "",      "interface I { static void main(String[] a) {} }"     },
    {"generic",         "A",     "",      "public class A<T extends B> extends C<T> %"          },
    {"inherits_main",   "A",     "B",     "class B % public class A extends B {}"               },
    {"dollar",          "$A_1",  "",      "public class $A_1 %"                                 },
    {"broken_utf8",     "Main",  "",      "public class \xff\xfe %"                             },
    {"stray_braces",    "A",     "",      "}}} public class A %"                                },
    {"no_blanks",       "A",     "",      "public class A{public static void main(String[]a){}}"},
};
INSTANTIATE_TEST_SUITE_P(Java, FindJavaClassIn, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.label; });

std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

TEST(FindJavaClass, KeepsLettersBeyondAscii) {
  EXPECT_EQ(find_java_class("public class \xc3\x89t\xc3\xa9 {}").file_name,
            "\xc3\x89t\xc3\xa9.java");
}

// A quadratic scan of any of these would take minutes.
TEST(FindJavaClassOnHostileText, EndsSoonWithAGoodName) {
  constexpr std::size_t kMany = 100'000;
  const std::clock_t start = std::clock();  // CPU time: a loaded machine is no quadratic scan.
  for (const std::string& text :
       {times(kMany, "{"), times(kMany, "/*"), times(kMany, "\""), times(kMany, "\"\"\""),
        times(kMany, "'\\"), times(kMany, "class "), times(kMany, "package a."),
        times(kMany, "class A{}"), "public class " + times(kMany, "x"),
        times(kMany, "class A { void main("), times(kMany, "\\"), std::string(kMany, '\0')}) {
    const JavaClass found = find_java_class(text);
    EXPECT_TRUE(check_file_name(found.file_name)) << text.substr(0, 40);
    EXPECT_TRUE(check_file_name(found.main_class)) << text.substr(0, 40);
  }
  EXPECT_LT(std::clock() - start, 20 * CLOCKS_PER_SEC);
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
