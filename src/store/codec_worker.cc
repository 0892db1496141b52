#include <boost/json/serialize.hpp>

#include "store/codec.h"
#include "store/json_value.h"

namespace engine {
namespace {

using json::Arena;
using json::Value;

Value language_to_json(const LanguageNotice& language, Arena& arena) {
  return json::make_object(
      {
          {"id",      json::from_bytes(language.id,      arena)},
          {"version", json::from_bytes(language.version, arena)}
  },
      arena);
}

LanguageNotice language_from_json(const Value& value) {
  return {.id = json::to_bytes(value.at("id")), .version = json::to_bytes(value.at("version"))};
}

}  // namespace

std::string encode(const std::vector<LanguageNotice>& languages) {
  Arena arena;
  return boost::json::serialize(json::from_each(languages, arena, language_to_json));
}

Result<std::vector<LanguageNotice>> decode_languages(std::string_view text) {
  return json::parse(text, "a stored list of languages",
                     [](const Value& value) { return json::to_each(value, language_from_json); });
}

}  // namespace engine
