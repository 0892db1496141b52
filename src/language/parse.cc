#include <algorithm>
#include <cctype>
#include <cstdint>
#include <regex>
#include <set>

#include <toml++/toml.h>

#include "domain/names.h"
#include "language/command.h"
#include "language/language.h"

namespace engine {
namespace {

constexpr std::size_t kMostPatternBytes = 200;  // std::regex recurses over its pattern.

// Reads the members of one table and remembers the first fault, and which keys are known.
class Reader {
 public:
  Reader(const toml::table& table, std::string where) : table_(table), where_(std::move(where)) {}

  void text(std::string_view key, std::string& out) {
    if (const toml::node* node = take(key)) {
      if (const auto value = node->value_exact<std::string>()) {
        out = *value;
      } else {
        fail(key, "is no text");
      }
    }
  }

  void flag(std::string_view key, bool& out) {
    if (const toml::node* node = take(key)) {
      if (const auto value = node->value_exact<bool>()) {
        out = *value;
      } else {
        fail(key, "is neither true nor false");
      }
    }
  }

  void box_kind(std::string_view key, std::optional<BoxKind>& out) {
    if (const toml::node* node = take(key)) {
      const auto word = node->value_exact<std::string>();
      if (word == "native") {
        out = BoxKind::kNative;
      } else if (word == "docker") {
        out = BoxKind::kDocker;
      } else {
        fail(key, "is neither native nor docker");
      }
    }
  }

  void words(std::string_view key, std::vector<std::string>& out) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (node->as_array() == nullptr) return fail(key, "is no list");
    for (const toml::node& item : *node->as_array()) {
      const auto value = item.value_exact<std::string>();
      if (!value) return fail(key, "has an item that is no text");
      if (value->find('\0') != std::string::npos) return fail(key, "has an item with a NUL");
      out.push_back(*value);
    }
  }

  // A whole number above zero, with room left for a change of unit.
  template <typename T, typename MakeValue>
  void number(std::string_view key, std::optional<T>& out, MakeValue make) {
    constexpr std::int64_t kMost = 1'000'000'000;
    if (const toml::node* node = take(key)) {
      const auto value = node->value_exact<std::int64_t>();
      if (!value || *value <= 0 || *value > kMost) {
        return fail(key, "is no whole number between 1 and 1000000000");
      }
      out = make(*value);
    }
  }

  const toml::table* table(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return nullptr;
    if (node->as_table() == nullptr) fail(key, "is no table");
    return node->as_table();
  }

  const toml::array* array(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return nullptr;
    if (node->as_array() == nullptr) fail(key, "is no list");
    return node->as_array();
  }

  void fail(std::string_view key, std::string_view fault) {
    if (status_) {
      status_ = Error{Errc::kInvalid, where_ + ": '" + std::string(key) + "' " + std::string(fault),
                      std::string(key)};
    }
  }

  // To be called last: whatever was not asked for by then is unknown.
  Status finish() {
    for (const auto& [key, node] : table_) {
      if (!known_.contains(key.str())) fail(key.str(), "is no known key");
    }
    return status_;
  }
  const std::string& where() const { return where_; }

 private:
  const toml::node* take(std::string_view key) {
    known_.insert(key);
    return table_.get(key);
  }

  const toml::table& table_;
  std::string where_;
  std::set<std::string_view> known_;
  Status status_ = Ok{};
};

Status read_limits(const toml::table* table, const std::string& where, LimitsRequest& limits) {
  if (table == nullptr) return Ok{};
  const auto milliseconds = [](std::int64_t n) { return Milliseconds{n}; };
  const auto kib = [](std::int64_t n) { return Bytes{n << 10}; };
  const auto mib = [](std::int64_t n) { return Bytes{n << 20}; };
  const auto count = [](std::int64_t n) { return static_cast<int>(n); };
  Reader reader(*table, where);
  reader.number("cpu_time_ms", limits.cpu_time, milliseconds);
  reader.number("wall_time_ms", limits.wall_time, milliseconds);
  reader.number("memory_mib", limits.memory, mib);
  reader.number("stack_mib", limits.stack, mib);
  reader.number("processes", limits.processes, count);
  reader.number("output_kib", limits.output, kib);
  reader.number("file_mib", limits.file, mib);
  reader.number("disk_mib", limits.disk, mib);
  reader.number("files", limits.files, count);
  return reader.finish();
}

Status read_resources(const toml::array* array, const std::string& where, Language& language) {
  if (array == nullptr) return Ok{};
  for (const toml::node& item : *array) {
    if (item.as_table() == nullptr) {
      return Error{Errc::kInvalid, where + ": an item is no table", "resources"};
    }
    Language::Resource resource;
    Reader reader(*item.as_table(), where);
    reader.text("path", resource.path);
    reader.words("environment", resource.environment);
    reader.words("quick_options", resource.quick_options);
    reader.words("quick_compile", resource.quick_compile);
    if (!resource.path.starts_with('/')) reader.fail("path", "is no absolute path");
    CHECK_OK(reader.finish());
    language.resources.push_back(std::move(resource));
  }
  return Ok{};
}

bool is_module(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.';
  });
}

// Sets of modules, each a list of names.
Status read_preloads(const toml::array* array, const std::string& where, Language& language) {
  if (array == nullptr) return Ok{};
  for (const toml::node& item : *array) {
    std::vector<std::string> modules;
    const toml::array* const names = item.as_array();
    for (std::size_t i = 0; names != nullptr && i < names->size(); ++i)
      modules.push_back((*names)[i].value_exact<std::string>().value_or(std::string()));
    if (modules.empty() || !std::ranges::all_of(modules, is_module)) {
      return Error{Errc::kInvalid, where + ": an item is no list of modules' names", "preloads"};
    }
    language.preloads.push_back(std::move(modules));
  }
  return Ok{};
}

// Ids in other systems are numbers in some and words in others; here they are text.
Status read_compat(const toml::table* table, const std::string& where, Language& language) {
  if (table == nullptr) return Ok{};
  for (const auto& [system, node] : *table) {
    auto& ids = language.compat[std::string(system.str())];
    const Error fault{Errc::kInvalid,
                      where + ": '" + std::string(system.str()) + "' is no list of ids", "compat"};
    if (node.as_array() == nullptr) return fault;
    for (const toml::node& id : *node.as_array()) {
      if (const auto number = id.value_exact<std::int64_t>()) {
        ids.push_back(std::to_string(*number));
      } else if (const auto text = id.value_exact<std::string>()) {
        ids.push_back(*text);
      } else {
        return fault;
      }
    }
  }
  return Ok{};
}

Status read_members(Reader& reader, Language& language) {
  reader.text("id", language.id);
  reader.text("title", language.title);
  reader.words("aliases", language.aliases);
  reader.words("extensions", language.extensions);
  reader.text("source", language.source);
  reader.text("source_from", language.source_from);
  reader.words("programs", language.programs);
  reader.words("compile", language.compile);
  reader.words("precompile", language.precompile);
  reader.words("warm_compile", language.warm_compile);
  reader.words("run", language.run);
  reader.words("check", language.check);
  reader.words("artefacts", language.artefacts);
  reader.flag("keep_sources", language.keep_sources);
  reader.flag("warm", language.warm);
  reader.flag("start_ahead", language.start_ahead);
  reader.words("environment", language.environment);
  reader.words("default_options", language.default_options);
  reader.words("allowed_options", language.allowed_options);
  reader.words("version_command", language.version_command);
  reader.text("version_pattern", language.version_pattern);
  reader.text("package", language.package);
  reader.box_kind("runner", language.runner);
  reader.text("image", language.image);
  std::optional<Bytes> reserve;
  reader.number("memory_reserve_mib", reserve, [](std::int64_t n) { return Bytes{n << 20}; });
  language.memory_reserve = reserve.value_or(Bytes{});

  const std::string& where = reader.where();
  CHECK_OK(read_limits(reader.table("limits"), where + ": limits", language.limits));
  CHECK_OK(read_limits(reader.table("compile_limits"), where + ": compile_limits",
                       language.compile_limits));
  CHECK_OK(read_preloads(reader.array("preloads"), where + ": preloads", language));
  CHECK_OK(read_resources(reader.array("resources"), where + ": resources", language));
  CHECK_OK(read_compat(reader.table("compat"), where + ": compat", language));
  return reader.finish();
}

bool is_id(std::string_view id) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '#';
  };
  return !id.empty() && std::all_of(id.begin(), id.end(), fits);
}

// "-std={a,b}": every '{' has its '}' before the next one.
bool braces_pair(std::string_view pattern) {
  bool open = false;
  for (const char c : pattern) {
    if ((c == '{' && open) || (c == '}' && !open)) return false;
    if (c == '{' || c == '}') open = !open;
  }
  return !open;
}

void check_names(const Language& language, std::string_view file_id, Reader& reader) {
  if (language.id != file_id) reader.fail("id", "is not the name of its file");
  if (!is_id(language.id)) reader.fail("id", "is no word of a-z, 0-9, '-', '+' and '#'");
  if (language.title.empty()) reader.fail("title", "is missing");
  if (language.package.empty()) reader.fail("package", "is missing");
  if (language.image.empty()) reader.fail("image", "is empty");
  if (language.extensions.empty()) reader.fail("extensions", "is missing");
  for (const std::string& extension : language.extensions) {
    if (!check_file_name(extension) || extension.find_first_of("./") != std::string::npos) {
      reader.fail("extensions", "has an item that is no extension; write it without the dot");
    }
  }
  if (!check_file_name(language.source)) reader.fail("source", "is missing or no file name");
  if (!language.source_from.empty() && language.source_from != "java-class") {
    reader.fail("source_from", "is not \"java-class\"");
  }
}

void check_command(const Language& language, std::string_view key,
                   const std::vector<std::string>& command, Reader& reader) {
  if (const auto fault = command_fault(language, command); !fault.empty()) {
    reader.fail(key, fault);
  }
}

void check_commands(const Language& language, Reader& reader) {
  for (const std::string& program : language.programs) {
    if (!program.starts_with('/')) reader.fail("programs", "has an item that is no absolute path");
  }
  check_command(language, "run", language.run, reader);
  check_command(language, "version_command", language.version_command, reader);
  if (!language.compile.empty()) check_command(language, "compile", language.compile, reader);
  if (!language.check.empty()) check_command(language, "check", language.check, reader);
  if (!language.precompile.empty()) {
    check_command(language, "precompile", language.precompile, reader);
    if (language.compile.empty()) reader.fail("precompile", "is for languages with 'compile'");
  }
  if (!language.warm_compile.empty()) {
    check_command(language, "warm_compile", language.warm_compile, reader);
    if (language.compile.empty()) reader.fail("warm_compile", "is for languages with 'compile'");
  }
  for (const Language::Resource& resource : language.resources) {
    if (resource.quick_compile.empty()) continue;
    check_command(language, "quick_compile", resource.quick_compile, reader);
    if (language.compile.empty()) reader.fail("quick_compile", "is for languages with 'compile'");
  }
  if (language.compile.empty() != language.artefacts.empty()) {
    reader.fail("artefacts", "and 'compile' go together");
  }
  if (!language.compile.empty() && !language.check.empty()) {
    reader.fail("check", "is for languages without 'compile'");
  }
  for (const std::string& artefact : language.artefacts) {
    if (artefact != "**" && !check_file_name(artefact)) {
      reader.fail("artefacts", "has an item that is no file name");
    }
  }
}

bool is_assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals != std::string::npos && equals > 0;
}

void check_environment(const std::vector<std::string>& environment, std::string_view key,
                       Reader& reader) {
  if (!std::all_of(environment.begin(), environment.end(), is_assignment)) {
    reader.fail(key, "has an environment item that is not NAME=value");
  }
}

void check_values(const Language& language, Reader& reader) {
  check_environment(language.environment, "environment", reader);
  for (const auto& resource : language.resources)
    check_environment(resource.environment, "resources", reader);
  for (const std::string& option : language.allowed_options) {
    if (!option.starts_with('-')) reader.fail("allowed_options", "has an item without a '-'");
    if (!braces_pair(option)) reader.fail("allowed_options", "has braces that do not pair");
  }
  for (const std::string& option : language.default_options) {
    if (!option_allowed(language, option)) {
      reader.fail("default_options", "has an item that is not allowed");
    }
  }
}

void check_pattern(const Language& language, Reader& reader) {
  const std::string& pattern = language.version_pattern;
  if (pattern.empty() || pattern.size() > kMostPatternBytes) {
    return reader.fail("version_pattern", "is missing or has more than 200 bytes");
  }
  try {
    if (std::regex(pattern).mark_count() == 0) {
      reader.fail("version_pattern", "has no group");
    }
  } catch (const std::regex_error&) {
    reader.fail("version_pattern", "is no regular expression");
  }
}

}  // namespace

Result<Language> parse_language(std::string_view toml, std::string_view id) try {
  const toml::table table = toml::parse(toml);
  const std::string where = "language " + quote(id);
  Reader reader(table, where);
  Language language;
  CHECK_OK(read_members(reader, language));
  check_names(language, id, reader);
  check_commands(language, reader);
  check_values(language, reader);
  check_pattern(language, reader);
  CHECK_OK(reader.finish());
  return language;
} catch (const toml::parse_error& fault) {
  return Error{Errc::kInvalid,
               "language " + quote(id) + ": line " + std::to_string(fault.source().begin.line) +
                   ": " + std::string(fault.description()),
               {}};
}

}  // namespace engine
