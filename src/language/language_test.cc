#include "language/language.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kSmallest = R"(
id = "x"
title = "X"
extensions = ["x"]
source = "main.x"
run = ["/usr/bin/x", "{entry}"]
version_command = ["/usr/bin/x"]
version_pattern = '(\d+)'
package = "x"
)";

std::string smallest_and(std::string_view more) {
  return std::string(kSmallest) + std::string(more);
}

TEST(ParseLanguage, ReadsEveryKey) {
  const auto language = parse_language(R"(
id = "x"
title = "X lang"
aliases = ["ex"]
extensions = ["x", "xx"]
source = "main.x"
source_from = "java-class"
programs = ["/usr/bin/x"]
compile = ["{program}", "-M{memory_mib}", "{options}", "{sources}"]
artefacts = ["out", "**"]
precompile = ["/usr/bin/xh", "{options}"]
warm_compile = ["/usr/bin/xs", "-m{memory_mib}"]
keep_sources = true
start_ahead = true
run = ["/box/out", "{class}", "{stem}"]
memory_reserve_mib = 8
environment = ["A=1", "B="]
default_options = ["-O2"]
allowed_options = ["-O{1,2}"]
version_command = ["{program}", "--version"]
version_pattern = 'x (\d+)'
package = "x-compiler"
runner = "docker"
image = "xs"
[[resources]]
path = "/opt/x"
environment = ["X=/opt/x"]
quick_options = ["-x"]
quick_compile = ["/opt/x/quick", "{sources}"]
[limits]
cpu_time_ms = 1_500
memory_mib = 512
[compile_limits]
output_kib = 64
files = 7
[compat]
judge0 = [1, 2]
piston = ["x"]
)",
                                       "x");
  ASSERT_TRUE(language) << language.error().message;
  EXPECT_EQ(language->title, "X lang");
  EXPECT_THAT(language->aliases, ElementsAre("ex"));
  EXPECT_THAT(language->programs, ElementsAre("/usr/bin/x"));
  EXPECT_THAT(language->artefacts, ElementsAre("out", "**"));
  EXPECT_THAT(language->precompile, ElementsAre("/usr/bin/xh", "{options}"));
  EXPECT_THAT(language->warm_compile, ElementsAre("/usr/bin/xs", "-m{memory_mib}"));
  EXPECT_TRUE(language->keep_sources);
  EXPECT_TRUE(language->start_ahead);
  EXPECT_EQ(language->memory_reserve, 8_MiB);
  EXPECT_THAT(language->environment, ElementsAre("A=1", "B="));
  EXPECT_EQ(language->runner, BoxKind::kDocker);
  EXPECT_EQ(language->image, "xs");
  ASSERT_EQ(language->resources.size(), 1U);
  EXPECT_EQ(language->resources[0].path, "/opt/x");
  EXPECT_THAT(language->resources[0].quick_options, ElementsAre("-x"));
  EXPECT_THAT(language->resources[0].quick_compile, ElementsAre("/opt/x/quick", "{sources}"));
  EXPECT_EQ(language->limits.cpu_time, Milliseconds{1'500});
  EXPECT_EQ(language->limits.memory, 512_MiB);
  EXPECT_FALSE(language->limits.stack);
  EXPECT_EQ(language->compile_limits.output, 64_KiB);
  EXPECT_EQ(language->compile_limits.files, 7);
  EXPECT_THAT(language->compat.at("judge0"), ElementsAre("1", "2"));
  EXPECT_THAT(language->compat.at("piston"), ElementsAre("x"));
}

struct Fault {
  std::string label;
  std::string more;  // Added to the smallest definition; % stands for a compile command.
  std::string want;
};

class ParseFault : public ::testing::TestWithParam<Fault> {};

TEST_P(ParseFault, NamesTheKey) {
  std::string more = GetParam().more;
  if (more.starts_with('%')) more.replace(0, 1, "compile = ['/c', '{sources}']\n");
  const auto language = parse_language(smallest_and(more), "x");
  ASSERT_FALSE(language);
  EXPECT_EQ(language.error().code, Errc::kInvalid);
  EXPECT_THAT(language.error().message, HasSubstr("'x'"));
  EXPECT_THAT(language.error().message, HasSubstr(GetParam().want));
}

const std::string kQuickAlone = "resources = [{path = '/a', quick_compile = ['/q']}]";
const std::string kQuickPath =
    "%artefacts = ['a']\nresources = [{path = '/a', quick_compile = ['q']}]";

const Fault kFaults[] = {
    {"syntax",            "colour = ",                                "line 10"                   },
    {"twice",             "id = 'x'",                                 "line 10"                   },
    {"unknown_key",       "colour = 'red'",                           "'colour' is no known"      },
    {"unknown_limit",     "[limits]\ncpu = 1",                        "'cpu' is no known"         },
    {"wrong_type",        "aliases = 'x'",                            "'aliases' is no list"      },
    {"wrong_item",        "aliases = [1]",                            "'aliases' has an item"     },
    {"nul",               "aliases = [\"a\\u0000b\"]",                "'aliases' has an item"     },
    {"wrong_flag",        "keep_sources = 1",                         "'keep_sources'"            },
    {"zero_limit",        "[limits]\nfiles = 0",                      "'files' is no whole number"},
    {"huge_limit",        "[limits]\nmemory_mib = 1_000_000_000_000", "'memory_mib'"              },
    {"float_limit",       "[limits]\nfiles = 1.5",                    "'files' is no whole number"},
    {"limits_no_table",   "limits = 3",                               "'limits' is no table"      },
    {"bad_compat",        "[compat]\njudge0 = [1.5]",                 "'judge0' is no list"       },
    {"resource_relative", "[[resources]]\npath = 'a'",                "'path' is no absolute"     },
    {"placeholder",       "check = ['/c', '{file}']",                 "placeholder {file}"        },
    {"list_inside",       "check = ['/c', '-x{options}']",            "it stands alone"           },
    {"open_brace",        "check = ['/c', '-x{entry']",               "without its '}'"           },
    {"no_programs",       "check = ['{program}']",                    "'programs' names none"     },
    {"relative_command",  "check = ['python3']",                      "'check' does not begin"    },
    {"relative_program",  "programs = ['x']",                         "'programs' has an item"    },
    {"no_artefacts",      "%",                                        "'artefacts' and"           },
    {"artefact_escapes",  "%artefacts = ['../a']",                    "'artefacts' has an item"   },
    {"precompile_alone",  "precompile = ['/h']",                      "'precompile' is for"       },
    {"precompile_path",   "%artefacts = ['a']\nprecompile = ['h']",   "'precompile' does not"     },
    {"kept_alone",        "warm_compile = ['/s']",                    "'warm_compile' is for"     },
    {"kept_path",         "%artefacts = ['a']\nwarm_compile = ['s']", "'warm_compile' does not"   },
    {"quick_alone",       kQuickAlone,                                "'quick_compile' is for"    },
    {"quick_path",        kQuickPath,                                 "'quick_compile' does not"  },
    {"compile_and_check", "%artefacts = ['a']\ncheck = ['/c']",       "'check' is for"            },
    {"no_pair",           "environment = ['=a']",                     "'environment' has"         },
    {"option_no_dash",    "allowed_options = ['@x']",                 "'allowed_options'"         },
    {"option_braces",     "allowed_options = ['-a{b{c}']",            "'allowed_options'"         },
    {"default_refused",   "default_options = ['-O2']",                "'default_options'"         },
    {"source_from",       "source_from = 'magic'",                    "'source_from' is no"       },
    {"runner",            "runner = 'podman'",                        "'runner' is neither"       },
    {"no_runner",         "runner = ''",                              "'runner' is neither"       },
};
INSTANTIATE_TEST_SUITE_P(Faults, ParseFault, ::testing::ValuesIn(kFaults),
                         [](const auto& test) { return test.param.label; });

TEST(ParseLanguage, TheSmallestIsWhole) {
  const auto language = parse_language(kSmallest, "x");
  ASSERT_TRUE(language) << language.error().message;
  EXPECT_FALSE(parse_language(kSmallest, "y"));
  EXPECT_FALSE(parse_language("", "x"));
}

TEST(ParseLanguage, EachRequiredKeyIsMissed) {
  const std::string text(kSmallest);
  for (std::size_t start = 1; start < text.size();) {
    const std::size_t end = text.find('\n', start) + 1;
    std::string without = text;
    without.erase(start, end - start);
    EXPECT_FALSE(parse_language(without, "x")) << text.substr(start, end - start);
    start = end;
  }
}

TEST(ParseLanguage, VersionPatternMustBeShortAndHaveAGroup) {
  for (const std::string pattern : {"\\d+", "(", ""}) {
    std::string text(kSmallest);
    text.replace(text.find("(\\d+)"), 5, pattern);
    const auto language = parse_language(text, "x");
    ASSERT_FALSE(language) << pattern;
    EXPECT_THAT(language.error().message, HasSubstr("'version_pattern'"));
  }
  std::string text(kSmallest);
  text.replace(text.find("(\\d+)"), 5, std::string(5'000, '('));
  EXPECT_FALSE(parse_language(text, "x"));
}

class LanguageFiles : public ::testing::Test {
 protected:
  LanguageFiles() : directory_(::testing::TempDir() + "languages-" + random_uuid()) {
    std::filesystem::create_directory(directory_);
  }
  ~LanguageFiles() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }

  const std::string directory_;
};

TEST_F(LanguageFiles, LoadsTomlFilesOnly) {
  write("x.toml", std::string(kSmallest));
  write("README", "not a language");
  const auto languages = Languages::load(directory_);
  ASSERT_TRUE(languages) << languages.error().message;
  EXPECT_EQ(languages->all().size(), 1U);
}

TEST_F(LanguageFiles, ARotBreaksTheLoadAndIsNamed) {
  write("x.toml", std::string(kSmallest));
  write("rotten.toml", "id = 3");
  const auto languages = Languages::load(directory_);
  ASSERT_FALSE(languages);
  EXPECT_THAT(languages.error().message, HasSubstr("rotten"));
}

TEST_F(LanguageFiles, TwoOwnersOfAnExtensionAreRefused) {
  write("x.toml", std::string(kSmallest));
  std::string other(kSmallest);
  other.replace(other.find("\"x\""), 3, "\"y\"");
  write("y.toml", other);
  const auto languages = Languages::load(directory_);
  ASSERT_FALSE(languages);
  EXPECT_THAT(languages.error().message, HasSubstr("'.x' belongs to language 'x'"));
}

TEST_F(LanguageFiles, NoLanguageIsNotFound) {
  EXPECT_EQ(Languages::load(directory_).error().code, Errc::kNotFound);
  EXPECT_EQ(Languages::load(directory_ + "/none").error().code, Errc::kNotFound);
}

class ShippedLanguages : public ::testing::Test {
 protected:
  ShippedLanguages() : languages_(Languages::load(ENGINE_SOURCE_DIR "/languages")) {}

  const Language& language(const std::string& id) { return languages_->find(id)->language; }

  Result<Languages> languages_;
};

TEST_F(ShippedLanguages, AllLoad) {
  ASSERT_TRUE(languages_) << languages_.error().message;
  std::vector<std::string> ids;
  for (const auto& entry : languages_->all())
    ids.push_back(entry.language.id);
  for (const std::string id : {"bash", "c", "cpp", "go", "java", "javascript", "python", "rust"}) {
    EXPECT_THAT(ids, ::testing::Contains(id));
  }
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST_F(ShippedLanguages, AreFoundByNameAndExtension) {
  ASSERT_TRUE(languages_) << languages_.error().message;
  EXPECT_EQ(languages_->find("c++")->language.id, "cpp");
  EXPECT_EQ(languages_->find("fortran77"), nullptr);
  EXPECT_EQ(languages_->find(""), nullptr);
  EXPECT_EQ(languages_->find_by_extension("a/b.d/x.cc")->language.id, "cpp");
  EXPECT_EQ(languages_->find_by_extension("x.tar.py")->language.id, "python");
  EXPECT_EQ(languages_->find_by_extension("x.c")->language.id, "c");
  for (const std::string name : {"x", ".py", "a.py/x", "x.", "x.pyx", "", "dir.py/.c"}) {
    EXPECT_EQ(languages_->find_by_extension(name), nullptr) << name;
  }
}

TEST_F(ShippedLanguages, CompilersTakeHarmlessOptionsOnly) {
  ASSERT_TRUE(languages_) << languages_.error().message;
  for (const std::string option : {"-std=gnu++17", "-std=c++23", "-O3", "-Wall", "-pthread"}) {
    EXPECT_TRUE(option_allowed(language("cpp"), option)) << option;
  }
  for (const std::string option : {"",
                                   "-",
                                   "-std=gnu++1",
                                   "-std=gnu++",
                                   "-O4",
                                   "-O",
                                   "-O2 -g",
                                   "-fplugin=x",
                                   "-B.",
                                   "@file",
                                   "-I/",
                                   "-include",
                                   "-x",
                                   "-Wl,-plugin",
                                   "-o",
                                   "-wrapper",
                                   "-specs=x",
                                   "-fuse-ld=gold",
                                   "-std=gnu++17x",
                                   "main.cpp",
                                   "-DDEBUG=\"x\"",
                                   "-dumpspecs",
                                   "-Wa,-a",
                                   "-save-temps"}) {
    EXPECT_FALSE(option_allowed(language("cpp"), option)) << option;
    EXPECT_FALSE(option_allowed(language("c"), option)) << option;
  }
  EXPECT_FALSE(option_allowed(language("bash"), "-x"));
}

TEST_F(ShippedLanguages, JavaNamesALoneSourceAfterItsClass) {
  ASSERT_TRUE(languages_) << languages_.error().message;
  EXPECT_EQ(source_name(language("java"), "public class Solution {}"), "Solution.java");
  EXPECT_EQ(source_name(language("cpp"), "public class Solution {}"), "main.cpp");
}

TEST(OptionAllowed, TriesEveryAlternative) {
  const Language language{
      .allowed_options = {"-a{b,bc}d{e,}", "-x{}", "-{p,q}={1,2}"}
  };
  for (const std::string option : {"-abde", "-abcde", "-abcd", "-abd", "-x", "-q=2", "-p=1"}) {
    EXPECT_TRUE(option_allowed(language, option)) << option;
  }
  for (const std::string option : {"-abd{e,}", "-ab,bcd", "-acde", "-xx", "-q=", "-pq=1"}) {
    EXPECT_FALSE(option_allowed(language, option)) << option;
  }
}

}  // namespace
}  // namespace engine
