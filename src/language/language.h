#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/limits.h"

namespace engine {

// A language as its TOML file defines it; docs/languages.md explains every key.
struct Language {
  std::string id;     // "cpp"; the same as the file's name.
  std::string title;  // "C++ (GCC)"
  std::vector<std::string> aliases;
  std::vector<std::string> extensions;  // Without the dot: "cpp", "cc".

  // The file that the text of a lone source is written to: "main.cpp". With source_from =
  // "java-class" its stem is the public class, or the one with main, found in the text.
  std::string source;
  std::string source_from;

  // Argument lists, no shell. Placeholders: {entry} the entry file, {sources} every file with one
  // of the extensions, {stem} the entry without its extension, {class} Java's main class,
  // {options} the submission's options, {memory_mib} the memory limit, less a reserve.
  std::vector<std::string> compile;  // Empty for interpreted languages.
  std::vector<std::string> run;
  std::vector<std::string> artefacts;  // What the compile leaves for the runs: names, or "**".
  bool keep_sources = false;           // The runs see the source files too.

  std::vector<std::string> environment;
  std::vector<std::string> default_options;  // Used when the request names none.
  std::vector<std::string> allowed_options;  // Exact, or with {a,b,c} alternatives.
  std::vector<std::string> version_command;
  std::string version_pattern;  // A regular expression whose first group is the version.
  std::string package;          // The Debian package that brings it.
  std::string image = "host";
  LimitsRequest limits;                                    // Over the server's defaults.
  LimitsRequest compile_limits;                            // Likewise for the compile.
  std::map<std::string, std::vector<std::string>> compat;  // Ids in other systems, as text.
};

// Reads one definition. kInvalid names the key that is missing, unknown or of the wrong type.
Result<Language> parse_language(std::string_view toml, std::string_view id);

// All languages of a directory of TOML files, and what probing found of each.
class Languages {
 public:
  struct Entry {
    Language language;
    std::string version;  // Empty: not usable here.
    std::string problem;  // Why not: "install the package golang-go".
  };

  static Result<Languages> load(const std::string& directory);
  explicit Languages(std::vector<Language> languages);

  // By id or alias, or by a file name's extension. nullptr: there is none.
  const Entry* find(std::string_view name) const;
  const Entry* find_by_extension(std::string_view file_name) const;
  const std::vector<Entry>& all() const { return entries_; }
  std::vector<Entry>& all() { return entries_; }

 private:
  std::vector<Entry> entries_;  // By id.
};

// True when `option` is on the language's allow-list.
bool option_allowed(const Language& language, std::string_view option);

}  // namespace engine
