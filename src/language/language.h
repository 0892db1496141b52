#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/limits.h"

namespace engine {

// What boxes are made of.
enum class BoxKind { kNative, kDocker };

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

  // Where the compiler or interpreter may lie, as a box sees it; probing leaves the one it found.
  std::vector<std::string> programs;

  // Argument lists, no shell; language/command.h fills in their placeholders.
  std::vector<std::string> compile;     // Empty for interpreted languages.
  std::vector<std::string> precompile;  // Makes header.gch of header.h; empty: no such thing.
  // Starts a Java that is kept to compile, see warm_compilers.h; empty: no such thing.
  std::vector<std::string> warm_compile;
  std::vector<std::string> run;
  std::vector<std::string> check;      // Fails on an interpreted source that does not parse.
  std::vector<std::string> artefacts;  // What the compile leaves for the runs: names, or "**".
  bool keep_sources = false;           // The runs see the source files too.
  // `run` starts a Python that may be frozen, see warm_starts.h; or warm_compile may be used.
  bool warm = false;
  // `run` starts an interpreter that opens its program last, see ahead_starts.h.
  bool start_ahead = false;
  std::vector<std::vector<std::string>> preloads;  // Sets of modules that it may be frozen with.
  Bytes memory_reserve;  // What {memory_mib} leaves out of the memory limit.

  // A directory in the box that speeds the language up where the operator provides it, and what
  // is then added to the environment and to quick_options, or becomes quick_compile. Probing does
  // so, once.
  struct Resource {
    std::string path;
    std::vector<std::string> environment;
    std::vector<std::string> quick_options;
    std::vector<std::string> quick_compile;
  };
  std::vector<Resource> resources;

  std::vector<std::string> environment;      // "NAME=value"; a later one wins.
  std::vector<std::string> quick_options;    // Of a compile with headers compiled ahead.
  std::vector<std::string> quick_compile;    // Tried before `compile`, see quick_compile.h.
  std::vector<std::string> default_options;  // Each used unless the request has one of its name.
  std::vector<std::string> allowed_options;  // Exact, or with {a,b,c} alternatives.
  std::vector<std::string> version_command;
  std::string version_pattern;    // A regular expression whose first group is the version.
  std::string package;            // The Debian package that brings it.
  std::optional<BoxKind> runner;  // What its boxes are made of; none: as the process has it.
  std::string image = "host";     // What they see, by the name that such boxes have for it.
  LimitsRequest limits;           // Over the server's defaults.
  LimitsRequest compile_limits;   // Likewise for the compile.
  std::map<std::string, std::vector<std::string>> compat;  // Ids in other systems, as text.
};

// Reads one definition. kInvalid names the key that is missing, unknown, of the wrong type, or at
// odds with another.
Result<Language> parse_language(std::string_view toml, std::string_view id);

// All languages of a directory of TOML files, and what probing found of each. Read by many threads
// once it is probed.
class Languages {
 public:
  struct Entry {
    Language language;
    std::string version;  // Empty: not usable here.
    std::string problem;  // Why not: "install the package golang-go".
  };

  // kInvalid names the file: one that parse_language() refuses, or a name or an extension that two
  // languages claim.  kNotFound: there is no such directory, or no language in it.
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

// The name that a lone source of this text is given: Language::source, or what source_from finds.
std::string source_name(const Language& language, std::string_view text);

// True when the file's name ends in one of the language's extensions.
bool is_source(const Language& language, std::string_view file_name);

}  // namespace engine
