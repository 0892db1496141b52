#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/places.h"
#include "app/service.h"

namespace engine::app {
namespace {

void greet_from_server(const Config& config, const Engine& engine) {
  const std::string& url = config.public_url;
  std::printf("Execution Engine %s listens on %s\n", ENGINE_VERSION, url.c_str());
  std::printf("Languages:");
  const char* separator = " ";
  const Languages languages = engine.offered();
  for (const auto& entry : languages.all()) {
    if (entry.version.empty()) continue;
    std::printf("%s%s %s", separator, entry.language.id.c_str(), entry.version.c_str());
    separator = ", ";
  }
  std::printf("\n\nTry it:\n\n  curl -s '%s/api/v1/submissions?wait=true' \\\n", url.c_str());
  if (!config.tokens.empty()) std::printf("    -H 'Authorization: Bearer YOUR_TOKEN' \\\n");
  std::printf("    -H 'Content-Type: application/json' \\\n");
  std::printf("    -d '{\"language\":\"cpp\",\"source\":\"#include <cstdio>\\nint main(){puts(");
  std::printf("\\\"Hello from the box\\\");}\"}'\n\n");
  std::printf("The answer's executedUrl shows the program's output.\n");
  (void)std::fflush(stdout);
}

int serve(Config config) {
  if (const auto fit = check_places(config); !fit) return fail(fit.error(), kFailure);
  return run_service(std::move(config), Role::kServer, greet_from_server);
}

}  // namespace

void add_serve(CLI::App& program, int& status) {
  auto* command = program.add_subcommand("serve", "Serve the API and run what comes in");
  auto flags = std::make_shared<ConfigFlags>();
  flags->add_to(*command);
  flags->add_server(*command);
  command->footer(
      "Exit status: 1 when a store, queue or output is wrong or cannot be reached, 2 for\n"
      "wrong usage, 125 for what fails otherwise.\n"
      "Examples:\n"
      "  execution-engine serve\n"
      "  execution-engine serve --listen 0.0.0.0:8080 --tokens tokens.txt --slots 8\n"
      "  execution-engine serve --slots 0 --store postgres://engine@db/engine "
      "--queue redis://redis/0\n"
      "  EXECUTION_ENGINE_RETENTION_AGE=24h execution-engine serve --data /var/lib/engine");
  command->callback([flags, &status] {
    auto config = flags->load();
    status = config ? serve(*std::move(config)) : fail(config.error(), kWrongUsage);
  });
}

}  // namespace engine::app
