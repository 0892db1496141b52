#include "store/codec.h"
#include "store/json_value.h"

namespace engine {
namespace {

using json::Value;

void put_language(JsonWriter& json, const LanguageNotice& language) {
  json.begin_object();
  json::put_bytes(json.key("id"), language.id);
  json::put_bytes(json.key("version"), language.version);
  json.end_object();
}

LanguageNotice language_from_json(const Value& value) {
  return {.id = json::to_bytes(value.at("id")), .version = json::to_bytes(value.at("version"))};
}

}  // namespace

std::string encode(const std::vector<LanguageNotice>& languages) {
  JsonWriter json;
  json::put_each(json, languages, put_language);
  return json.take();
}

Result<std::vector<LanguageNotice>> decode_languages(std::string_view text) {
  return json::parse(text, "a stored list of languages",
                     [](const Value& value) { return json::to_each(value, language_from_json); });
}

}  // namespace engine
