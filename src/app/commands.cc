#include "app/commands.h"

#include <cstdio>
#include <string_view>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace engine::app {
namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

void ConfigFlags::add_to(CLI::App& command) {
  command.add_option("--config", file_, "configuration, a TOML file (docs/configuration.md)")
      ->type_name("FILE");
}

void ConfigFlags::add_places(CLI::App& command) {
  add(command, "--store", "store", "sqlite:FILE or postgres://... [a database in --data]");
  add(command, "--queue", "queue", "embedded: or redis://HOST/DB?queue=NAME [embedded:]");
  add(command, "--output", "output", "file:DIRECTORY or gs://BUCKET/PREFIX [in --data]");
}

void ConfigFlags::add_boxes(CLI::App& command) {
  add(command, "--slots", "slots", "submissions that run at once [one per processor]");
  add(command, "--runner", "runner", "what boxes are made of: native, docker");
  add(command, "--reuse", "reuse", "how far boxes are shared: submission, run, pool");
  add(command, "--cache", "cache.bytes", "compiled programs that are kept; 0: none [1GiB]");
}

void ConfigFlags::add_server(CLI::App& command) {
  add(command, "--listen", "listen", "address and port [127.0.0.1:8080]");
  add(command, "--data", "data", "directory for database and outputs [data]");
  add_places(command);
  add_boxes(command);
  add(command, "--tokens", "tokens", "file of bearer tokens (docs/api.md)");
  add_switch(command, "--allow-anonymous", "allowAnonymous",
             "serve beyond loopback without tokens");
}

void ConfigFlags::add(CLI::App& command, const std::string& flag, const std::string& key,
                      const std::string& help) {
  command.add_option(flag, values_[key], help)->type_name("VALUE");
}

void ConfigFlags::add_switch(CLI::App& command, const std::string& flag, const std::string& key,
                             const std::string& help) {
  command.add_flag(flag, switches_[key], help);
}

Result<Config> ConfigFlags::load() const {
  Config config;
  if (!file_.empty()) CHECK_OK(apply_file(config, file_));
  CHECK_OK(apply_environment(config, environment()));
  for (const auto& [key, value] : values_) {
    if (!value.empty()) CHECK_OK(apply_setting(config, key, value));
  }
  for (const auto& [key, given] : switches_) {
    if (given) CHECK_OK(apply_setting(config, key, "true"));
  }
  CHECK_OK(check(config));
  return config;
}

int fail(const Error& error, int status) {
  (void)std::fprintf(stderr, "error: %s\n", error.message.c_str());
  return status;
}

}  // namespace engine::app
