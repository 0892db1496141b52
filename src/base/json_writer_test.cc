#include "base/json_writer.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(JsonWriter, PutsCommasBetweenMembersAndElements) {
  JsonWriter json;
  json.begin_object().member("a", 1).key("b").begin_array().value("x").value(true).end_array();
  json.key("c").begin_object().end_object().member("d", std::nullopt).end_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":["x",true],"c":{},"d":null})");
}

TEST(JsonWriter, EscapesWhatWouldEndAString) {
  JsonWriter json;
  json.value(std::string_view("a\"b\\c\n\r\t\x01\0\x1f", 11));
  EXPECT_EQ(json.take(), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u0000\\u001f\"");
}

// Texts are looked through by eights.
TEST(JsonWriter, EscapesWhereverItStands) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string left(before, ' ');
      const std::string right(after, '\x7f');
      JsonWriter json;
      json.value(left + "\"" + right + "\x1f\\");
      ASSERT_EQ(json.take(), "\"" + left + "\\\"" + right + "\\u001f\\\\\"");
    }
  }
}

TEST(JsonWriter, KeepsUtf8AndReplacesOtherBytes) {
  JsonWriter json;
  json.begin_array().value("h\xc3\xa9").value("\xff.").end_array();
  EXPECT_EQ(json.take(), "[\"h\xc3\xa9\",\"\xef\xbf\xbd.\"]");
}

struct Written {
  Microseconds duration;
  std::string want;
};

TEST(JsonWriter, WritesDurationsInMilliseconds) {
  const Written cases[] = {
      {Microseconds{0},      "0"     },
      {Microseconds{3'000},  "3"     },
      {Microseconds{12'345}, "12.345"},
      {Microseconds{500},    "0.5"   },
      {Microseconds{7},      "0.007" },
      {Microseconds{-1'500}, "-1.5"  },
  };
  for (const Written& test : cases) {
    JsonWriter json;
    json.value(test.duration);
    EXPECT_EQ(json.take(), test.want);
  }
}

}  // namespace
}  // namespace engine
