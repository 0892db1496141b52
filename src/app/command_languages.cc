#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "api/languages_json.h"
#include "app/commands.h"
#include "app/local_session.h"

namespace engine::app {
namespace {

int list_languages(const Config& config, bool json) {
  auto session = LocalSession::open(config);
  if (!session) return fail(session.error(), kEngineFailure);
  Parts& parts = (*session)->parts();
  if (json) {
    std::puts(api::languages_json(parts.languages()).c_str());
    return kSuccess;
  }
  for (const auto& entry : parts.languages().all()) {
    const Language& language = entry.language;
    std::printf("%-12s %-24s %s\n", language.id.c_str(), language.title.c_str(),
                entry.version.empty() ? entry.problem.c_str() : entry.version.c_str());
  }
  return kSuccess;
}

}  // namespace

void add_languages(CLI::App& program, int& status) {
  auto* command = program.add_subcommand(
      "languages", "List the languages, with versions asked of each compiler inside a box");
  auto flags = std::make_shared<ConfigFlags>();
  auto json = std::make_shared<bool>(false);
  flags->add_to(*command);
  command->add_flag("--json", *json, "print what GET /api/v1/languages answers");
  command->footer("Example:\n  execution-engine languages --json");
  command->callback([flags, json, &status] {
    auto config = flags->load();
    status = config ? list_languages(*config, *json) : fail(config.error(), kWrongUsage);
  });
}

}  // namespace engine::app
