#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"

namespace engine::app {

void add_version(CLI::App& program, int& status) {
  CLI::App* command = program.add_subcommand("version", "Print the version");
  command->footer(
      "Example:\n"
      "  execution-engine version");
  command->callback([&status] {
    std::puts("execution-engine " ENGINE_VERSION);
    status = kSuccess;
  });
}

}  // namespace engine::app
