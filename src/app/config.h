#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "docker/docker.h"
#include "engine/engine.h"
#include "http/fetch.h"
#include "http/http.h"
#include "language/language.h"
#include "output/output.h"
#include "runner/ahead_starts.h"
#include "runner/artefact_cache.h"
#include "runner/quick_options.h"
#include "runner/warm_compiler_options.h"
#include "runner/warm_starts.h"
#include "sandbox/native.h"
#include "store/store.h"

namespace engine::app {

// What the operator says of one language, over what its file says.
struct LanguageChoice {
  std::optional<BoxKind> runner;
  std::string image;  // Empty: as the file says.
  std::optional<bool> warm;
};

// Everything that an operator can decide, with its default. Filled from a TOML file, then the
// environment, then flags; docs/configuration.md lists the keys.
struct Config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  bool listens = false;    // An address was given; a worker listens only then.
  std::string public_url;  // Empty: http://<listen>.
  std::string data = "data";
  std::string store;   // URLs, as docs/configuration.md says. Empty: sqlite:<data>/engine.db,
  std::string queue;   // embedded:,
  std::string output;  // file:<data>/outputs.
  Milliseconds lease{30'000};   // How long a silent worker keeps a job, where workers are shared.
  std::string gcs_credentials;  // Empty: $GOOGLE_APPLICATION_CREDENTIALS, else the machine's own.
  bool gcs_gzip = false;
  bool gcs_proxy = false;
  std::string link_key;   // The file of the key that signs our links. Empty: <data>/link.key.
  std::string languages;  // Empty: the languages that come with the program.
  std::string tokens;     // A file; empty: no tokens.
  bool allow_anonymous = false;
  std::string user = "execution-engine";  // Whom root becomes once the box manager is forked.

  EngineOptions engine;
  BoxKind boxes = BoxKind::kNative;                // Of the languages that do not say.
  std::map<std::string, LanguageChoice> language;  // By id.
  ArtefactCacheOptions cache;
  WarmOptions warm;
  WarmCompilerOptions compilers;
  AheadOptions ahead;
  QuickOptions quick;
  sandbox::NativeOptions sandbox;
  docker::DockerOptions docker;
  http::ServerOptions http;
  http::FetchOptions fetch;
  Milliseconds longest_wait{60'000};  // The most that ?wait=true waits.
  Milliseconds drain{30'000};         // What running submissions get at a SIGTERM.
  Bytes free_space_floor = 256_MiB;
  Bytes spool = 1_GiB;  // Outputs that wait for their place to come back.
  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kText;

  Config();  // Slots: as many as there are processors to run on.
};

// One key of the configuration: how it is written, what it means, how its text is taken.
struct Setting {
  std::string key;   // "retention.age"; in the environment EXECUTION_ENGINE_RETENTION_AGE.
  std::string help;  // One line for docs and --help.
  std::function<Status(Config&, std::string_view)> apply;
};
const std::vector<Setting>& settings();
// "language.ID.runner" and "language.ID.image", which no list can hold. Nothing: another key.
std::optional<Setting> language_setting(std::string_view key);
std::string environment_name(std::string_view key);

// kInvalid: an unknown key, a wrong type or value; names the file or variable and the key.
Status apply_file(Config& config, const std::string& path);
Status apply_environment(Config& config, const std::map<std::string, std::string>& environment);
Status apply_setting(Config& config, std::string_view key, std::string_view value);

// What can only be judged when all is known: the defaults lie under the ceilings; nobody listens
// beyond loopback without tokens; ... The places are check_places()'s.
Status check(const Config& config);

// True for an address that only this machine can reach.
bool is_loopback(std::string_view address);

}  // namespace engine::app
