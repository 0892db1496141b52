#include "app/config.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>

#include <boost/asio/ip/address.hpp>
#include <toml++/toml.h>

#include "base/processors.h"

namespace engine::app {
namespace {

constexpr std::string_view kPrefix = "EXECUTION_ENGINE_";
constexpr std::string_view kFileSuffix = "_FILE";

Error within(const std::string& where, Error error) {
  error.message = where + ": " + error.message;
  return error;
}

// The text that a setting takes, from any TOML value that can mean one.
Result<std::string> as_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return std::string(truth->get() ? "true" : "false");
  if (const auto* array = node.as_array()) {
    std::string joined;
    for (const auto& element : *array) {
      TRY(const std::string text, as_text(element));
      joined += (joined.empty() ? "" : ",") + text;
    }
    return joined;
  }
  return Error{Errc::kInvalid, "has a type that no setting has"};
}

Status apply_table(Config& config, const toml::table& table, const std::string& prefix) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      CHECK_OK(apply_table(config, *inner, name + "."));
      continue;
    }
    auto text = as_text(node);
    if (!text) return within(name, std::move(text).error());
    CHECK_OK(apply_setting(config, name, *text));
  }
  return Ok{};
}

Result<std::vector<std::string>> strings(const toml::node& node, const std::string& name) {
  const auto* array = node.as_array();
  if (array == nullptr) return Error{Errc::kInvalid, name + " must be an array of strings"};
  std::vector<std::string> texts;
  for (const auto& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return Error{Errc::kInvalid, name + " must be an array of strings"};
    texts.push_back(text->get());
  }
  return texts;
}

// resources = [["/srv/data", "/opt/data"], ...]
Result<std::vector<sandbox::Image::Resource>> resources(const toml::node& node) {
  const Error wrong{Errc::kInvalid, "image.resources must be an array of [source, target] pairs"};
  const auto* array = node.as_array();
  if (array == nullptr) return wrong;
  std::vector<sandbox::Image::Resource> all;
  for (const auto& element : *array) {
    TRY(const auto pair, strings(element, "image.resources"));
    if (pair.size() != 2) return wrong;
    all.push_back({pair[0], pair[1]});
  }
  return all;
}

Result<sandbox::Image> image(const toml::table& table) {
  sandbox::Image made;
  made.name.clear();
  for (const auto& [key, node] : table) {
    const auto* text = node.as_string();
    if (key == "name" && text != nullptr) {
      made.name = text->get();
    } else if (key == "root" && text != nullptr) {
      made.root = text->get();
    } else if (key == "etc") {
      TRY(made.etc, strings(node, "image.etc"));
    } else if (key == "resources") {
      TRY(made.resources, resources(node));
    } else {
      return Error{Errc::kInvalid,
                   "image." + std::string(key.str()) + " is unknown or of the wrong type"};
    }
  }
  if (made.name.empty()) return Error{Errc::kInvalid, "an [[image]] has no name"};
  return made;
}

Status apply_images(Config& config, const toml::node& node) {
  const auto* array = node.as_array();
  if (array == nullptr) return Error{Errc::kInvalid, "image must be written as [[image]]"};
  for (const auto& element : *array) {
    if (!element.is_table()) return Error{Errc::kInvalid, "image must be written as [[image]]"};
    TRY(sandbox::Image made, image(*element.as_table()));
    std::erase_if(config.sandbox.images,
                  [&](const auto& known) { return known.name == made.name; });
    config.sandbox.images.push_back(std::move(made));
  }
  return Ok{};
}

std::optional<Setting> find_setting(std::string_view key) {
  for (const Setting& setting : settings()) {
    if (setting.key == key) return setting;
  }
  return language_setting(key);
}

const Setting* setting_of(std::string_view variable) {
  for (const Setting& setting : settings()) {
    if (environment_name(setting.key) == variable) return &setting;
  }
  return nullptr;
}

// What stands in a file, without the end of its last line: secrets come so.
Result<std::string> read_value(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string value{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error{Errc::kInvalid, "cannot read '" + path + "'", {}};
  while (value.ends_with('\n') || value.ends_with('\r'))
    value.pop_back();
  return value;
}

Status apply_variable(Config& config, std::string_view name, const std::string& value) {
  if (const auto* setting = setting_of(name)) return setting->apply(config, value);
  if (name.ends_with(kFileSuffix)) {
    if (const auto* setting = setting_of(name.substr(0, name.size() - kFileSuffix.size()))) {
      TRY(const std::string secret, read_value(value));
      return setting->apply(config, secret);
    }
  }
  return Error{Errc::kInvalid, "unknown setting in the environment", {}};
}

}  // namespace

Config::Config() {
  engine.slots = static_cast<int>(usable_processors().size());
  sandbox.slots = engine.slots;
  // Where script/bake-go-cache puts it; left out where there is none.
  sandbox.images[0].resources = {
      {"/var/cache/execution-engine/go", "/opt/go-cache"}
  };
}

std::string environment_name(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key) {
    if (c == '.') {
      name += '_';
    } else {
      if (std::isupper(static_cast<unsigned char>(c)) != 0) name += '_';
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return name;
}

Status apply_setting(Config& config, std::string_view key, std::string_view value) {
  const auto setting = find_setting(key);
  if (!setting) return Error{Errc::kInvalid, "unknown key '" + std::string(key) + "'"};
  auto status = setting->apply(config, value);
  if (!status) return within(setting->key, std::move(status).error());
  return Ok{};
}

Status apply_file(Config& config, const std::string& path) try {
  toml::table table = toml::parse_file(path);
  if (const auto* images = table.get("image")) {
    auto status = apply_images(config, *images);
    if (!status) return within(path, std::move(status).error());
    table.erase("image");
  }
  auto status = apply_table(config, table, "");
  if (!status) return within(path, std::move(status).error());
  return Ok{};
} catch (const toml::parse_error& e) {
  std::ostringstream place;
  place << path << ", line " << e.source().begin.line << ": " << e.description();
  return Error{Errc::kInvalid, place.str()};
}

Status apply_environment(Config& config, const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix)) continue;
    auto status = apply_variable(config, name, value);
    if (!status) return within(name, std::move(status).error());
  }
  return Ok{};
}

bool is_loopback(std::string_view address) {
  boost::system::error_code ec;
  const auto parsed = boost::asio::ip::make_address(std::string(address), ec);
  return !ec && parsed.is_loopback();
}

Status check(const Config& config) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(config.address, ec);
  if (ec) return Error{Errc::kInvalid, "listen: '" + config.address + "' is no IP address"};
  if (!is_loopback(config.address) && config.tokens.empty() && !config.allow_anonymous) {
    return Error{Errc::kInvalid,
                 "listening on " + config.address +
                     " lets strangers run code here; give --tokens FILE, or say --allow-anonymous"};
  }
  if (config.engine.slots < 0 || config.engine.slots > 1024) {
    return Error{Errc::kInvalid, "slots must be between 0 and 1024"};
  }
  if (config.lease < Milliseconds{1'000}) {
    return Error{Errc::kInvalid, "lease must be at least 1s"};
  }
  if (config.engine.attempts < 1) return Error{Errc::kInvalid, "attempts must be at least 1"};
  if (config.compilers.processes < 0 || config.compilers.processes > 64) {
    return Error{Errc::kInvalid, "warm.compilers must be between 0 and 64"};
  }
  if (config.ahead.each < 0 || config.ahead.each > 64) {
    return Error{Errc::kInvalid, "warm.ahead must be between 0 and 64"};
  }
  if (config.compilers.compiles < 1 || config.compilers.memory < 128_MiB) {
    return Error{Errc::kInvalid,
                 "warm.compiles must be at least 1, and warm.compilerMemory at least 128MiB"};
  }
  const struct {
    const char* group;
    const Limits& limits;
  } groups[] = {
      {"limits",        config.engine.defaults        },
      {"compileLimits", config.engine.compile_defaults}
  };
  for (const auto& [group, limits] : groups) {
    const LimitsRequest all{limits.cpu_time, limits.wall_time, limits.memory,
                            limits.stack,    limits.processes, limits.output,
                            limits.file,     limits.disk,      limits.files};
    const auto admitted = admit(limits, all, config.engine.ceiling, group);
    if (!admitted) return Error{Errc::kInvalid, "configuration: " + admitted.error().message};
  }
  return Ok{};
}

}  // namespace engine::app
