#include "headers/header_set.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

using Words = std::vector<std::string>;

TEST(HeaderSet, TheWholeLibraryStandsInItsPlace) {
  const HeaderSet set({"bits/stdc++.h", "map"});
  EXPECT_EQ(set.headers(), Words{"bits/stdc++.h"});
  EXPECT_TRUE(set.is_in_place());
  EXPECT_EQ(set.file(), "bits/stdc++.h");
  EXPECT_EQ(set.to_compile(), "#include <bits/stdc++.h>\n");
  EXPECT_EQ(set.text(), "#include_next <bits/stdc++.h>\n");
  EXPECT_EQ(set.arguments("/opt/headers/k"), Words{"-I/opt/headers/k"});
}

TEST(HeaderSet, OthersArePutBeforeTheSource) {
  const HeaderSet set({"vector", "bits/stdc++.h"});
  EXPECT_EQ(set.headers(), (Words{"vector", "bits/stdc++.h"}));
  EXPECT_FALSE(set.is_in_place());
  EXPECT_EQ(set.file(), "preamble.h");
  EXPECT_EQ(set.text(), "#include <vector>\n#include <bits/stdc++.h>\n");
  EXPECT_EQ(set.to_compile(), set.text());
  EXPECT_EQ(set.arguments("/opt/headers/k"), (Words{"-include", "/opt/headers/k/preamble.h"}));
}

}  // namespace
}  // namespace engine
