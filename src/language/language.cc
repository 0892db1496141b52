#include "language/language.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "domain/names.h"
#include "language/java_class.h"

namespace engine {
namespace {

std::string_view extension_of(std::string_view file_name) {
  const std::string_view last = file_name.substr(file_name.rfind('/') + 1);
  const std::size_t dot = last.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view{} : last.substr(dot + 1);
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "-O{1,2}" against "-O2": the text before a brace must be the same, and then one alternative
// together with the rest of the pattern.
bool matches(std::string_view pattern, std::string_view option) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == option;
  if (!option.starts_with(pattern.substr(0, open))) return false;
  const std::size_t close = pattern.find('}', open);
  std::string_view alternatives = pattern.substr(open + 1, close - open - 1);
  const std::string_view rest = pattern.substr(close + 1);
  option.remove_prefix(open);
  for (;;) {
    const std::size_t comma = alternatives.find(',');
    const std::string_view alternative = alternatives.substr(0, comma);
    if (option.starts_with(alternative) && matches(rest, option.substr(alternative.size()))) {
      return true;
    }
    if (comma == std::string_view::npos) return false;
    alternatives.remove_prefix(comma + 1);
  }
}

Result<Language> load_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error{Errc::kInvalid, path.string() + ": cannot be read", {}};
  return parse_language(text, path.stem().string());
}

// A name or an extension leads to one language only.
Status check_unique(const std::vector<Language>& languages) {
  std::map<std::string, std::string> owners;
  for (const Language& language : languages) {
    std::vector<std::string> claims = language.aliases;
    claims.push_back(language.id);
    for (const std::string& extension : language.extensions)
      claims.push_back("." + extension);
    for (const std::string& claim : claims) {
      const auto [owner, added] = owners.emplace(claim, language.id);
      if (!added) {
        return Error{Errc::kInvalid,
                     "language " + quote(language.id) + ": " + quote(claim) +
                         " belongs to language " + quote(owner->second) + " already",
                     {}};
      }
    }
  }
  return Ok{};
}

}  // namespace

Result<Languages> Languages::load(const std::string& directory) {
  std::error_code fault;
  std::vector<Language> languages;
  for (std::filesystem::directory_iterator it(directory, fault), end; !fault && it != end;
       it.increment(fault)) {
    if (it->path().extension() != ".toml") continue;
    TRY(Language language, load_file(it->path()));
    languages.push_back(std::move(language));
  }
  if (fault || languages.empty()) {
    return Error{Errc::kNotFound,
                 "no languages in " + quote(directory) + (fault ? ": " + fault.message() : ""),
                 {}};
  }
  CHECK_OK(check_unique(languages));
  return Languages(std::move(languages));
}

Languages::Languages(std::vector<Language> languages) {
  std::sort(languages.begin(), languages.end(),
            [](const Language& a, const Language& b) { return a.id < b.id; });
  for (Language& language : languages)
    entries_.push_back({std::move(language), {}, {}});
}

const Languages::Entry* Languages::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.language.id == name || contains(entry.language.aliases, name)) return &entry;
  }
  return nullptr;
}

const Languages::Entry* Languages::find_by_extension(std::string_view file_name) const {
  for (const Entry& entry : entries_) {
    if (is_source(entry.language, file_name)) return &entry;
  }
  return nullptr;
}

bool option_allowed(const Language& language, std::string_view option) {
  return std::any_of(language.allowed_options.begin(), language.allowed_options.end(),
                     [&](const std::string& pattern) { return matches(pattern, option); });
}

std::string source_name(const Language& language, std::string_view text) {
  if (language.source_from == "java-class") return find_java_class(text).file_name;
  return language.source;
}

bool is_source(const Language& language, std::string_view file_name) {
  const std::string_view extension = extension_of(file_name);
  return !extension.empty() && contains(language.extensions, extension);
}

}  // namespace engine
