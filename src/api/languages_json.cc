#include "api/languages_json.h"

#include <vector>

#include "base/json_writer.h"

namespace engine::api {
namespace {

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts)
    json.value(text);
  json.end_array();
}

void write_entry(JsonWriter& json, const Languages::Entry& entry) {
  const bool available = !entry.version.empty();
  const auto known = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  json.begin_object();
  json.member("id", entry.language.id);
  json.member("title", entry.language.title);
  json.member("available", available);
  json.member("version", known(entry.version));
  json.member("problem", known(entry.problem));
  write_list(json, "aliases", entry.language.aliases);
  write_list(json, "extensions", entry.language.extensions);
  write_list(json, "defaultOptions", entry.language.default_options);
  write_list(json, "allowedOptions", entry.language.allowed_options);
  json.end_object();
}

}  // namespace

std::string languages_json(const Languages& languages) {
  JsonWriter json;
  json.begin_object().key("languages").begin_array();
  for (const Languages::Entry& entry : languages.all())
    write_entry(json, entry);
  json.end_array().end_object();
  return json.take();
}

}  // namespace engine::api
