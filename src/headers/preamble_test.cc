#include "headers/preamble.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace engine {
namespace {

struct Case {
  const char* name;
  const char* source;
  const char* headers;  // Names with spaces between.
};

const Case kCases[] = {
    {"one",               "#include <bits/stdc++.h>\nint main() {}\n",           "bits/stdc++.h"},
    {"several",           "#include <b>\n#include <a>\nint x;\n",                "b a"          },
    {"again",             "#include <a>\n#include <a>\n",                        "a a"          },
    {"blanks",            "\n \t\n  #  include\t<a> \n\n#include<b>\n",          "a b"          },
    {"carriage_returns",  "#include <a>\r\n\r\n#include <b>\r\nint x;\r\n",      "a b"          },
    {"no_last_newline",   "#include <a>",                                        "a"            },
    {"open_line_comment", "#include <a> // no end",                              "a"            },
    {"in_a_comment",      "/* #include <a>\n*/ // #include <b>\n#include <c>\n", "c"            },
    {"nothing",           "",                                                    ""             },
    {"only_a_comment",    "// x",                                                ""             },

    {"a_macro_before",    "#define int long\n#include <a>\n",                    ""             },
    {"a_macro_between",   "#include <a>\n#define N 5\n#include <b>\n",           "a"            },
    {"a_pragma_before",   "#pragma GCC optimize(\"O3\")\n#include <a>\n",        ""             },
    {"a_condition",       "#include <a>\n#ifdef X\n#include <b>\n#endif\n",      "a"            },
    {"code_before",       ";\n#include <a>\n",                                   ""             },
    {"a_file_of_its_own", "#include \"own.h\"\n#include <a>\n",                  ""             },
    {"header_in_quotes",  "#include \"a\"\n",                                    ""             },
    {"a_macro_s_name",    "#define H <a>\n#include H\n",                         ""             },
    {"include_next",      "#include_next <a>\n",                                 ""             },
    {"import",            "#import <a>\n",                                       ""             },
    {"absolute",          "#include <a>\n#include </etc/passwd>\n",              "a"            },
    {"upwards",           "#include <../../../etc/passwd>\n",                    ""             },
    {"odd_characters",    "#include <a b>\n",                                    ""             },
    {"open_name",         "#include <map\n>\n",                                  ""             },
    {"an_empty_name",     "#include <>\n",                                       ""             },
    {"more_on_the_line",  "#include <a> int x;\n",                               ""             },
    {"two_on_a_line",     "#include <a> #include <b>\n",                         ""             },
    {"comment_runs_on",   "#include <a> /*\n*/ #include <b>\n",                  ""             },
    {"open_comment",      "#include <a>\n/* #include <b>\n",                     "a"            },
    {"comment_joined",    "// here \\\n#include <a>\n",                          ""             },
    {"blanks_joined",     "// here \\ \t\n#include <a>\n",                       ""             },
    {"trigraph_joined",   "// here ?\?/\n#include <a>\n",                        ""             },
    {"comment_end_split", "/* *\\\n/ #include <a>\n*/\n#include <b>\n",          ""             },
    {"directive_goes_on", "#include <a> \\\n\n",                                 ""             },
    {"directive_split",   "#inc\\\nlude <a>\n",                                  ""             },
    {"a_digraph",         "%:include <a>\n",                                     ""             },
    {"byte_order_mark",   "\xef\xbb\xbf#include <a>\n",                          ""             },
};

class LeadingHeaders : public ::testing::TestWithParam<Case> {};

TEST_P(LeadingHeaders, AreFound) {
  std::string found;
  for (const std::string& header : leading_headers(GetParam().source))
    found += (found.empty() ? "" : " ") + header;
  EXPECT_EQ(found, GetParam().headers);
}

INSTANTIATE_TEST_SUITE_P(Preamble, LeadingHeaders, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Preamble, CommentsMayStandBetween) {
  EXPECT_EQ(
      leading_headers("// a\n/* b\n c */\n#include <map> // d\n/* e */ #include <set> /* f */\n"),
      (std::vector<std::string>{"map", "set"}));
}

TEST(Preamble, HoldsNotMoreThanItsMost) {
  std::string source;
  for (int i = 0; i < 100; ++i)
    source += "#include <map>\n";
  EXPECT_EQ(leading_headers(source).size(), kMostHeaders);
}

TEST(Preamble, LongNamesEndIt) {
  const std::string source = "#include <map>\n#include <" + std::string(101, 'a') + ">\n";
  EXPECT_EQ(leading_headers(source), std::vector<std::string>{"map"});
}

TEST(Preamble, ANulEndsIt) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(leading_headers("\0#include <map>\n"sv).empty());
  EXPECT_TRUE(leading_headers("#include <m\0ap>\n"sv).empty());
}

}  // namespace
}  // namespace engine
