#include "runner/preloads.h"

#include <algorithm>
#include <optional>

namespace engine {
namespace {

constexpr std::string_view kBlank = " \t\r\f";
constexpr std::string_view kMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// What stands before `end`, which may not be there; both are taken off the text.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  const auto taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return taken;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
  });
}

// The words of a statement, as Python parts them.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const auto end = std::min(text.find_first_of(kBlank), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

// NAME or NAME as NAME.
std::optional<std::string> module_of(std::string_view clause) {
  const auto words = words_of(clause);
  const bool has_alias = words.size() == 3 && words[1] == "as" && is_name(words[2]);
  if ((words.size() != 1 && !has_alias) || !is_name(words[0])) return std::nullopt;
  return std::string(words[0]);
}

// The modules of one statement. Nothing: it is no import that is understood.
std::optional<std::vector<std::string>> modules_of(std::string_view statement) {
  const auto words = words_of(statement);
  std::vector<std::string> modules;
  if (words.size() >= 4 && words[0] == "from" && words[2] == "import" && is_name(words[1])) {
    if (statement.find_first_of("(;\\\"'") != std::string_view::npos) return std::nullopt;
    modules.emplace_back(words[1]);
    return modules;
  }
  if (words.size() < 2 || words[0] != "import") return std::nullopt;
  statement.remove_prefix(statement.find("import") + std::string_view("import").size());
  for (bool has_more = true; has_more;) {
    has_more = statement.find(',') != std::string_view::npos;
    auto module = module_of(take_until(statement, ","));
    if (!module) return std::nullopt;
    modules.push_back(*std::move(module));
  }
  return modules;
}

// A text that begins the program and says what it is for, taken off it.
void skip_document(std::string_view& source) {
  const auto first = source.find_first_not_of(" \t\r\f\n");
  if (first == std::string_view::npos) return;
  for (const std::string_view quotes : {R"(""")", "'''"}) {
    if (!source.substr(first).starts_with(quotes)) continue;
    source.remove_prefix(first + quotes.size());
    const auto text = take_until(source, quotes);
    // With a backslash its end may be another; what follows it on the line may be a statement.
    const bool is_plain =
        text.find('\\') == std::string_view::npos && trimmed(take_until(source, "\n")).empty();
    if (!is_plain) source = {};
  }
}

bool is_importing(const std::set<std::string, std::less<>>& imports,
                  const std::vector<std::string>& modules) {
  return std::ranges::all_of(modules,
                             [&](const std::string& module) { return imports.contains(module); });
}

}  // namespace

std::set<std::string, std::less<>> leading_imports(std::string_view source) {
  std::set<std::string, std::less<>> imports;
  if (source.starts_with(kMark)) source.remove_prefix(kMark.size());
  bool is_first = true;
  while (!source.empty()) {
    if (is_first) skip_document(source);
    std::string_view line = take_until(source, "\n");
    line = line.substr(0, line.find('#'));
    if (trimmed(line).empty()) continue;
    is_first = false;
    const auto modules =
        kBlank.find(line.front()) == std::string_view::npos ? modules_of(line) : std::nullopt;
    if (!modules) break;
    for (const std::string& module : *modules) {
      // A package comes with each of its modules.
      for (auto dot = module.find('.'); dot != std::string::npos; dot = module.find('.', dot + 1))
        imports.insert(module.substr(0, dot));
      imports.insert(module);
    }
  }
  return imports;
}

std::vector<std::string> preload_of(const Language& language, const Plan& plan) {
  if (language.preloads.empty() || plan.sources == nullptr) return {};
  const auto& files = plan.sources->files();
  if (files.size() != 1 || files.front().name != language.source) return {};
  const auto imports = leading_imports(files.front().content);
  std::vector<std::string> largest;
  for (const auto& modules : language.preloads) {
    if (modules.size() > largest.size() && is_importing(imports, modules)) largest = modules;
  }
  return largest;
}

}  // namespace engine
