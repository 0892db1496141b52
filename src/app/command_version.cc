#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/commands.h"

namespace engine::app {

void add_version(CLI::App& program, int& status) {
  program.add_subcommand("version", "Print the version")->callback([&status] {
    std::puts("execution-engine " ENGINE_VERSION);
    status = kSuccess;
  });
}

}  // namespace engine::app
