#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/places.h"
#include "app/service.h"

namespace engine::app {
namespace {

void greet_from_worker(const Config& config, const Engine& engine) {
  std::string languages;
  for (const auto& entry : engine.languages().all()) {
    if (!entry.version.empty()) languages += (languages.empty() ? "" : ", ") + entry.language.id;
  }
  std::printf("Execution Engine %s works with %d slots: %s\n", ENGINE_VERSION, config.engine.slots,
              languages.c_str());
  (void)std::fflush(stdout);
}

// Alone a worker would wait for ever.
Status check_shared(const Config& config) {
  CHECK_OK(check_places(config));
  if (is_shared(config)) return Ok{};
  return Error{Errc::kInvalid,
               "a worker takes its work from others: name the store and the queue that it shares "
               "with them, --store postgres://... --queue redis://..."};
}

int work(const Config& config) {
  if (config.engine.slots == 0) {
    return fail({Errc::kInvalid, "a worker needs at least one slot"}, kWrongUsage);
  }
  if (const auto fit = check_shared(config); !fit) return fail(fit.error(), kFailure);
  return run_service(config, Role::kWorker, greet_from_worker);
}

}  // namespace

void add_worker(CLI::App& program, int& status) {
  auto* command = program.add_subcommand("worker", "Run what comes in elsewhere, without the API");
  auto flags = std::make_shared<ConfigFlags>();
  flags->add_to(*command);
  flags->add_places(*command);
  flags->add(*command, "--listen", "listen", "address for health and metrics [none]");
  flags->add(*command, "--data", "data", "directory for what waits for delivery [data]");
  flags->add_boxes(*command);
  flags->add(*command, "--tokens", "tokens", "file of bearer tokens, for /metrics");
  flags->add_switch(*command, "--allow-anonymous", "allowAnonymous",
                    "listen beyond loopback without tokens");
  command->footer(
      "Exit status: 1 when a store, queue or output is wrong or cannot be reached, 2 for\n"
      "wrong usage, 125 for what fails otherwise.\n"
      "Example:\n"
      "  execution-engine worker --slots 8 --store postgres://engine@db/engine \\\n"
      "    --queue redis://redis/0 --output gs://bucket/outputs");
  command->callback([flags, &status] {
    auto config = flags->load();
    status = config ? work(*config) : fail(config.error(), kWrongUsage);
  });
}

}  // namespace engine::app
