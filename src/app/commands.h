#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace CLI {
class App;
}

namespace engine::app {

// Exit statuses, beside those of the program that `run` ran.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kCompileError = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kTimeLimit = 124;
inline constexpr int kEngineFailure = 125;
inline constexpr int kSignalBase = 128;
inline constexpr int kMemoryLimit = 137;
inline constexpr int kOutputLimit = 153;

// What the flags of a command say about the configuration. Each flag is a setting by its key, so a
// flag, a variable and a line of the file mean the same and are checked by the same code.
class ConfigFlags {
 public:
  // Adds `--config FILE`.
  void add_to(CLI::App& command);
  // Adds `--store URL`, `--queue URL` and `--output URL`.
  void add_places(CLI::App& command);
  // What runs submissions, and how many at once.
  void add_boxes(CLI::App& command);
  // All that a server goes by: where it listens and keeps things, whom it lets in, and the above.
  void add_server(CLI::App& command);
  // Adds `flag`, which sets `key` to the given text.
  void add(CLI::App& command, const std::string& flag, const std::string& key,
           const std::string& help);
  // Adds `flag`, which takes no value and sets `key` to true.
  void add_switch(CLI::App& command, const std::string& flag, const std::string& key,
                  const std::string& help);

  // Defaults, then the file, then the environment, then the flags. kInvalid says what is wrong.
  Result<Config> load() const;

 private:
  std::string file_;
  std::map<std::string, std::string> values_;
  std::map<std::string, bool> switches_;
};

// Each adds its subcommand to the program; when that is the one called, its exit status is left in
// `status`, which outlives the parsing.
void add_serve(CLI::App& program, int& status);
void add_worker(CLI::App& program, int& status);
void add_run(CLI::App& program, int& status);
void add_image(CLI::App& program, int& status);
void add_languages(CLI::App& program, int& status);
void add_doctor(CLI::App& program, int& status);
void add_version(CLI::App& program, int& status);

// "error: <message>" on stderr; returns `status`.
int fail(const Error& error, int status);

}  // namespace engine::app
