#include "language/command.h"

#include <algorithm>
#include <array>

namespace engine {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"{program}", "{entry}", "{stem}", "{class}",
                                                    "{memory_mib}"};
constexpr std::array<std::string_view, 2> kLists = {"{sources}", "{options}"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view stem(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t slash = name.rfind('/');
  const bool in_last_part = slash == std::string_view::npos || (dot > slash + 1);
  return dot == std::string_view::npos || dot == 0 || !in_last_part ? name : name.substr(0, dot);
}

std::string memory_mib(const Language& language, Bytes limit) {
  const auto left = std::max(limit.count - language.memory_reserve.count, limit.count / 2);
  return std::to_string(std::max<std::int64_t>(left / (1_MiB).count, 1));
}

// What an option is called: "--edition" of "--edition=2021".
std::string_view option_name(std::string_view option) {
  return option.substr(0, option.find('='));
}

std::vector<std::string> all_options(const Language& language,
                                     const std::vector<std::string>& requested) {
  std::vector<std::string> options;
  for (const std::string& option : language.default_options) {
    const bool replaced = std::any_of(requested.begin(), requested.end(), [&](const auto& other) {
      return option_name(other) == option_name(option);
    });
    if (!replaced) options.push_back(option);
  }
  options.insert(options.end(), requested.begin(), requested.end());
  return options;
}

std::vector<std::string> entry_first(std::vector<std::string> sources, std::string_view entry) {
  const auto found = std::find(sources.begin(), sources.end(), entry);
  if (found != sources.end()) std::rotate(sources.begin(), found, found + 1);
  return sources;
}

std::string word_for(const Language& language, std::string_view placeholder,
                     const CommandInputs& inputs) {
  if (placeholder == "{program}") return language.programs.front();
  if (placeholder == "{entry}") return std::string(inputs.entry);
  if (placeholder == "{stem}") return std::string(stem(inputs.entry));
  if (placeholder == "{class}") return std::string(inputs.main_class);
  return memory_mib(language, inputs.memory);
}

std::string fill_in(const Language& language, std::string_view text, const CommandInputs& inputs) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find('}');
    out += word_for(language, text.substr(0, close + 1), inputs);
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string argument_fault(const Language& language, std::string_view argument) {
  if (contains(kLists, argument)) return {};
  for (std::size_t open = argument.find('{'); open != std::string_view::npos;
       open = argument.find('{', open + 1)) {
    const std::size_t close = argument.find('}', open);
    if (close == std::string_view::npos) return "has a '{' without its '}'";
    const std::string_view placeholder = argument.substr(open, close - open + 1);
    if (contains(kLists, placeholder)) {
      return "has " + std::string(placeholder) + " inside an argument; it stands alone";
    }
    if (!contains(kWords, placeholder)) {
      return "has the unknown placeholder " + std::string(placeholder);
    }
    if (placeholder == "{program}" && language.programs.empty()) {
      return "has {program}, but 'programs' names none";
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> expand(const Language& language, const std::vector<std::string>& command,
                                const CommandInputs& inputs) {
  std::vector<std::string> argv;
  for (const std::string& argument : command) {
    if (argument == "{sources}") {
      auto sources = entry_first(inputs.sources, inputs.entry);
      argv.insert(argv.end(), sources.begin(), sources.end());
    } else if (argument == "{options}") {
      auto options = all_options(language, inputs.options);
      argv.insert(argv.end(), options.begin(), options.end());
    } else {
      argv.push_back(fill_in(language, argument, inputs));
    }
  }
  return argv;
}

std::string command_fault(const Language& language, const std::vector<std::string>& command) {
  if (command.empty()) return "is empty";
  if (command.front() != "{program}" && !command.front().starts_with('/')) {
    return "does not begin with an absolute path or {program}";
  }
  for (const std::string& argument : command) {
    if (auto fault = argument_fault(language, argument); !fault.empty()) return fault;
  }
  return {};
}

}  // namespace engine
