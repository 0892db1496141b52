#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/box_kinds.h"
#include "app/commands.h"
#include "app/parts.h"

namespace engine::app {
namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
  std::istringstream in(text);
  Words words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

// The languages that have something to compile ahead; asking the others for their versions takes
// time.
Languages with_headers(const Languages& all) {
  std::vector<Language> kept;
  for (const auto& entry : all.all()) {
    if (!entry.language.precompile.empty()) kept.push_back(entry.language);
  }
  return Languages(std::move(kept));
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words)
    text += " " + word;
  return text;
}

int make_image(Config config, const std::vector<std::string>& profiles) {
  config.engine.slots = 1;
  config.quick.rest = 0;
  log::configure(log::Level::kWarning, config.log_format);
  auto languages = load_languages(config);
  if (!languages) return fail(languages.error(), kEngineFailure);
  auto privileged = Parts::prepare(config, with_headers(*languages));
  if (!privileged) return fail(privileged.error(), kEngineFailure);
  const auto parts = Parts::make(config, *std::move(privileged));
  if (!parts) return fail(parts.error(), kFailure);
  (*parts)->probe_languages();
  int status = kSuccess;
  for (const std::string& profile : profiles) {
    const Words options = words_of(profile);
    for (const auto& entry : (*parts)->languages().all()) {
      const std::string what = entry.language.id + joined(options);
      const auto made = (*parts)->compile_headers(entry.language, options);
      if (!made) {
        status = fail({made.error().code, what + ": " + made.error().message, {}}, kFailure);
        continue;
      }
      std::printf("%s: bits/stdc++.h is compiled ahead\n", what.c_str());
      (void)std::fflush(stdout);
    }
  }
  return status;
}

}  // namespace

void add_image(CLI::App& program, int& status) {
  auto* command = program.add_subcommand(
      "image", "Compile headers ahead, before a server needs them (docs/operation.md)");
  auto flags = std::make_shared<ConfigFlags>();
  auto profiles = std::make_shared<std::vector<std::string>>();
  flags->add_to(*command);
  flags->add(*command, "--data", "data", "the server's directory, which is not serving now [data]");
  command
      ->add_option("--options", *profiles,
                   "compiler options that will be asked for, beside none; may be repeated")
      ->allow_extra_args(false);
  command->footer(
      "Example:\n  execution-engine image --data /var/lib/execution-engine "
      "--options '-std=gnu++17'");
  command->callback([flags, profiles, &status] {
    auto config = flags->load();
    if (!config) {
      status = fail(config.error(), kWrongUsage);
      return;
    }
    profiles->insert(profiles->begin(), "");
    status = make_image(*std::move(config), *profiles);
  });
}

}  // namespace engine::app
