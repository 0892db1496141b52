#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "app/commands.h"

namespace engine::app {
namespace {

int run_command_line(int argc, char** argv) {
  CLI::App program{
      "Compiles and runs foreign code in isolated boxes without network, under strict limits."};
  program.name("execution-engine");
  program.require_subcommand(1);
  program.footer(
      "Examples:\n"
      "  execution-engine serve\n"
      "  execution-engine run hello.py\n"
      "execution-engine COMMAND --help explains each command, with examples.");
  int status = kSuccess;
  add_serve(program, status);
  add_worker(program, status);
  add_run(program, status);
  add_image(program, status);
  add_languages(program, status);
  add_doctor(program, status);
  add_version(program, status);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help
    return program.exit(request);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    std::fputs("execution-engine --help lists the commands.\n", stderr);
    return kWrongUsage;
  }
  return status;
}

}  // namespace
}  // namespace engine::app

int main(int argc, char** argv) {
  try {
    return engine::app::run_command_line(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return engine::app::kEngineFailure;
  }
}
