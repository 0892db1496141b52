#include "runner/preloads.h"

#include <gmock/gmock.h>

namespace engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LeadingImports, AreThoseBeforeAnythingElse) {
  EXPECT_THAT(leading_imports("import numpy"), ElementsAre("numpy"));
  EXPECT_THAT(leading_imports("import sys, os.path as p\nimport numpy as np\nx = 1\nimport json"),
              ElementsAre("numpy", "os", "os.path", "sys"));
  EXPECT_THAT(leading_imports("from numpy.linalg import inv, det\nfrom math import *"),
              ElementsAre("math", "numpy", "numpy.linalg"));
}

TEST(LeadingImports, MayFollowWhatDoesNothing) {
  EXPECT_THAT(leading_imports("#!/usr/bin/python3\n# \xc3\xa4\n\n\"\"\"What\nit is\"\"\"\r\n \t\r\n"
                              "import numpy  # as ever\r\n"),
              ElementsAre("numpy"));
  EXPECT_THAT(leading_imports("\xef\xbb\xbf'''Why.'''\nimport numpy"), ElementsAre("numpy"));
}

TEST(LeadingImports, EndAtWhatIsNotUnderstood) {
  for (const char* source :
       {"", "x = 1\nimport numpy", "print(1); import numpy", " import numpy", "import numpy; x = 1",
        "if 1:\n  import numpy", "import numpy \\\n, os", "import numpy as", "import numpy,",
        "import 'numpy'", "from numpy import (a,\n b)", "from numpy import a; x = 1",
        "\"\"\"text\"\"\"; import sys\nimport numpy", "\"\"\"a\\\"\"\"\nimport numpy\n\"\"\"",
        "r\"\"\"text\"\"\"\nimport numpy", "\"\"\"never ends\nimport numpy", "importnumpy"}) {
    EXPECT_THAT(leading_imports(source), IsEmpty()) << source;
  }
}

class PreloadTest : public ::testing::Test {
 protected:
  PreloadTest() {
    language_.source = "main.py";
    language_.preloads = {
        {"numpy"},
        {"numpy", "pandas"},
        {"scipy"}
    };
  }
  std::vector<std::string> preload(std::vector<sandbox::File> files) const {
    Plan plan;
    plan.sources = sandbox::FileSet::make(std::move(files));
    return preload_of(language_, plan);
  }

  Language language_;
};

TEST_F(PreloadTest, IsTheLargestSetThatIsImportedWhole) {
  EXPECT_THAT(preload({
                  {"main.py", "import numpy\n", false}
  }),
              ElementsAre("numpy"));
  EXPECT_THAT(preload({
                  {"main.py", "import pandas, numpy\n", false}
  }),
              ElementsAre("numpy", "pandas"));
  EXPECT_THAT(preload({
                  {"main.py", "import pandas\n", false}
  }),
              IsEmpty());
}

TEST_F(PreloadTest, IsForLoneProgramsWithoutANameOfTheirOwn) {
  const sandbox::File program{"main.py", "import numpy\n", false};
  EXPECT_THAT(preload({
                  program, {"random.py", "", false}
  }),
              IsEmpty());
  EXPECT_THAT(preload({
                  {"random.py", "import numpy\n", false}
  }),
              IsEmpty());
  language_.preloads.clear();
  EXPECT_THAT(preload({program}), IsEmpty());
}

}  // namespace
}  // namespace engine::testing
