#include <charconv>
#include <string>

#include "app/config.h"
#include "app/quantity.h"

namespace engine::app {
namespace {

Status take(std::string_view text, std::string& target) {
  target = text;
  return Ok{};
}

Status take(std::string_view text, bool& target) {
  if (text != "true" && text != "false") return Error{Errc::kInvalid, "must be true or false"};
  target = text == "true";
  return Ok{};
}

template <typename Integer>
Status take_integer(std::string_view text, Integer& target) {
  Integer value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) {
    return Error{Errc::kInvalid, "'" + std::string(text) + "' is no whole number in range"};
  }
  target = value;
  return Ok{};
}
Status take(std::string_view text, int& target) {
  return take_integer(text, target);
}
Status take(std::string_view text, std::size_t& target) {
  return take_integer(text, target);
}

Status take(std::string_view text, Bytes& target) {
  TRY(target, parse_size(text));
  return Ok{};
}

Status take(std::string_view text, Milliseconds& target) {
  TRY(target, parse_duration(text));
  return Ok{};
}

Status take(std::string_view text, std::chrono::seconds& target) {
  TRY(const Milliseconds value, parse_duration(text));
  target = std::chrono::duration_cast<std::chrono::seconds>(value);
  return Ok{};
}

// A list is an array in TOML and comma-separated elsewhere.
Status take(std::string_view text, std::vector<std::string>& target) {
  target.clear();
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    target.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return Ok{};
}

template <typename Value>
struct Choice {
  std::string_view word;
  Value value;
};

template <typename Value, std::size_t N>
Status choose(std::string_view text, const Choice<Value> (&choices)[N], Value& target) {
  std::string words;
  for (const auto& choice : choices) {
    if (choice.word == text) {
      target = choice.value;
      return Ok{};
    }
    words += words.empty() ? "" : ", ";
    words += choice.word;
  }
  return Error{Errc::kInvalid, "'" + std::string(text) + "' is none of " + words};
}

constexpr Choice<sandbox::Reuse> kReuse[] = {
    {"submission", sandbox::Reuse::kSubmission},
    {"run",        sandbox::Reuse::kRun       },
    {"pool",       sandbox::Reuse::kPool      }
};
Status take(std::string_view text, sandbox::Reuse& target) {
  return choose(text, kReuse, target);
}

constexpr Choice<BoxKind> kBoxKinds[] = {
    {"native", BoxKind::kNative},
    {"docker", BoxKind::kDocker}
};
Status take(std::string_view text, BoxKind& target) {
  return choose(text, kBoxKinds, target);
}

constexpr Choice<CompileMode> kCompileModes[] = {
    {"plain", CompileMode::kPlain},
    {"exact", CompileMode::kExact},
    {"fast",  CompileMode::kFast }
};
Status take(std::string_view text, CompileMode& target) {
  return choose(text, kCompileModes, target);
}

Status take(std::string_view text, std::optional<BoxKind>& target) {
  return take(text, target.emplace());
}

Status take(std::string_view text, std::optional<bool>& target) {
  return take(text, target.emplace());
}

Status take(std::string_view text, double& target) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < 0) {
    return Error{Errc::kInvalid, "'" + std::string(text) + "' is no number from 0 on"};
  }
  target = value;
  return Ok{};
}

constexpr Choice<log::Level> kLevels[] = {
    {"debug",   log::Level::kDebug  },
    {"info",    log::Level::kInfo   },
    {"warning", log::Level::kWarning},
    {"error",   log::Level::kError  }
};
Status take(std::string_view text, log::Level& target) {
  return choose(text, kLevels, target);
}

constexpr Choice<log::Format> kFormats[] = {
    {"text", log::Format::kText},
    {"json", log::Format::kJson}
};
Status take(std::string_view text, log::Format& target) {
  return choose(text, kFormats, target);
}

// "127.0.0.1:8080", "[::1]:8080"
Status take_listen(Config& config, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Error{Errc::kInvalid, "write it like 127.0.0.1:8080 or [::1]:8080"};
  }
  std::string_view address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  CHECK_OK(take_integer(text.substr(colon + 1), config.port));
  config.address = address;
  config.listens = true;
  return Ok{};
}

// A setting whose place in Config is found by `place`.
template <typename Place>
Setting setting(std::string key, std::string help, Place place) {
  return {std::move(key), std::move(help),
          [place](Config& config, std::string_view text) { return take(text, place(config)); }};
}

using LimitsOf = Limits& (*)(Config&);

template <typename Member>
Setting limit(const std::string& group, LimitsOf limits, const char* name, const char* help,
              Member member) {
  return setting(group + "." + name, help,
                 [limits, member](Config& config) -> auto& { return limits(config).*member; });
}

void add_limits(std::vector<Setting>& all, const std::string& group, LimitsOf of) {
  all.push_back(limit(group, of, "cpuTime", "processor time of all processes", &Limits::cpu_time));
  all.push_back(limit(group, of, "wallTime", "time on the clock", &Limits::wall_time));
  all.push_back(limit(group, of, "memory", "memory of all processes", &Limits::memory));
  all.push_back(limit(group, of, "stack", "stack of each process", &Limits::stack));
  all.push_back(limit(group, of, "processes", "processes and threads at once", &Limits::processes));
  all.push_back(limit(group, of, "output", "stdout and stderr together", &Limits::output));
  all.push_back(limit(group, of, "file", "one file", &Limits::file));
  all.push_back(limit(group, of, "disk", "the whole work directory", &Limits::disk));
  all.push_back(limit(group, of, "files", "files and directories", &Limits::files));
}

#define PLACE(member) [](Config& config) -> auto& { return config.member; }

// NOLINTNEXTLINE(readability-function-size): a table, not a course of action.
std::vector<Setting> make_settings() {
  std::vector<Setting> all{
      {"listen", "address and port to listen on", take_listen},
      setting("publicUrl", "how clients reach us, for links", PLACE(public_url)),
      setting("data", "directory for database, outputs and keys", PLACE(data)),
      setting("store", "where submissions are kept: sqlite:, postgres:", PLACE(store)),
      setting("queue", "where they wait: embedded:, redis:", PLACE(queue)),
      setting("output", "where outputs are kept: file:, gs:", PLACE(output)),
      setting("lease", "how long a silent worker keeps a job", PLACE(lease)),
      setting("gcs.credentials", "file of a service account's key", PLACE(gcs_credentials)),
      setting("gcs.gzip", "outputs are kept compressed", PLACE(gcs_gzip)),
      setting("gcs.proxy", "obey HTTPS_PROXY on the way to Google", PLACE(gcs_proxy)),
      setting("languages", "directory of language files", PLACE(languages)),
      setting("tokens", "file of tokens; without it everyone may use the API", PLACE(tokens)),
      setting("allowAnonymous", "serve beyond loopback without tokens", PLACE(allow_anonymous)),
      setting("user", "whom root becomes after the box manager is forked", PLACE(user)),
      setting("slots", "runs at once", PLACE(engine.slots)),
      setting("spreadTests", "tests of one submission run on free slots too",
              PLACE(engine.spread_tests)),
      setting("reuse", "how far boxes are shared: submission, run, pool", PLACE(sandbox.reuse)),
      setting("cache.bytes", "compiled programs that are kept; 0: none", PLACE(cache.disk)),
      setting("cache.memory", "of those, what is kept in memory", PLACE(cache.memory)),
      setting("cache.perOwner", "one token's compiles serve nobody else", PLACE(cache.per_owner)),
      setting("compile.mode", "how compilers are spared work: plain, exact, fast",
              PLACE(quick.mode)),
      setting("compile.headers", "what headers compiled ahead may take", PLACE(quick.disk)),
      setting("attempts", "tries at a submission that the host loses", PLACE(engine.attempts)),
      setting("drain", "what running submissions get at a SIGTERM", PLACE(drain)),
      setting("requests.sourceBytes", "all source files of one", PLACE(engine.source_bytes)),
      setting("requests.inputBytes", "all inputs of one", PLACE(engine.input_bytes)),
      setting("requests.files", "source files of one", PLACE(engine.files)),
      setting("requests.tests", "tests of one", PLACE(engine.tests)),
      setting("requests.outputFiles", "output files of one", PLACE(engine.output_files)),
      setting("requests.waiting", "submissions that may wait", PLACE(engine.most_queued)),
      setting("links.key", "file of the key that signs links", PLACE(link_key)),
      setting("links.lifetime", "how long a link to an output works", PLACE(engine.link_lifetime)),
      setting("spool", "outputs that may wait for delivery", PLACE(spool)),
      setting("retention.age", "how long results are kept", PLACE(engine.retention_age)),
      setting("retention.bytes", "how much is kept at most", PLACE(engine.retention_bytes)),
      setting("retention.interval", "how often it is looked at", PLACE(engine.retention_interval)),
      setting("retention.freeSpace", "free space that is never used", PLACE(free_space_floor)),
      setting("http.body", "largest request", PLACE(http.body)),
      setting("http.connections", "connections at once", PLACE(http.connections)),
      setting("http.headerPatience", "for a request's headers", PLACE(http.header_patience)),
      setting("http.bodyPatience", "for a request's body", PLACE(http.body_patience)),
      setting("http.idle", "between two requests", PLACE(http.idle)),
      setting("http.longestWait", "most that ?wait=true waits", PLACE(longest_wait)),
      setting("fetch.allow", "ranges that may be fetched from though not public",
              PLACE(fetch.allow)),
      setting("fetch.size", "largest file that is fetched", PLACE(fetch.size)),
      setting("fetch.patience", "for a whole fetch", PLACE(fetch.patience)),
      setting("sandbox.cgroupParent", "cgroup that ours lie in", PLACE(sandbox.cgroup_parent)),
      setting("sandbox.instance", "this engine's name on the host", PLACE(sandbox.instance)),
      setting("sandbox.strict", "the system call profile for judges",
              PLACE(sandbox.strict_seccomp)),
      setting("sandbox.pin", "each run has one processor, and no other run has it",
              PLACE(sandbox.pinned)),
      setting("warm.enabled", "runs go on from interpreters that have started",
              PLACE(warm.enabled)),
      setting("warm.runs", "that one of them serves before it is replaced", PLACE(warm.runs)),
      setting("warm.memory", "that one of them may take", PLACE(warm.memory)),
      setting("warm.ahead", "interpreters started ahead, of each language that has such; 0: none",
              PLACE(ahead.each)),
      setting("warm.compilers", "kept running, of each language that has such; 0: none",
              PLACE(compilers.processes)),
      setting("warm.compiles", "that one of those does before it is replaced",
              PLACE(compilers.compiles)),
      setting("warm.compilerMemory", "that one of those may take", PLACE(compilers.memory)),
      setting("warm.compilerIdle", "after which one that nobody asks for ends",
              PLACE(compilers.idle)),
      setting("runner", "what boxes are made of: native, docker", PLACE(boxes)),
      setting("docker.engine", "unix:///path or tcp://host:port", PLACE(docker.engine)),
      setting("docker.image", "the image of the languages", PLACE(docker.images[0].reference)),
      setting("docker.runtime", "runsc, crun, ...; else the engine's own", PLACE(docker.runtime)),
      setting("docker.instance", "this engine's name on the Docker Engine", PLACE(docker.instance)),
      setting("docker.cgroupParent", "cgroup that containers lie in", PLACE(docker.cgroup_parent)),
      setting("docker.warm", "containers kept started for each slot", PLACE(docker.warm)),
      setting("docker.processors", "that one container may use; 0: all", PLACE(docker.processors)),
      setting("log.level", "debug, info, warning, error", PLACE(log_level)),
      setting("log.format", "text, json", PLACE(log_format)),
  };
  add_limits(all, "limits", [](Config& config) -> Limits& { return config.engine.defaults; });
  add_limits(all, "compileLimits",
             [](Config& config) -> Limits& { return config.engine.compile_defaults; });
  add_limits(all, "ceiling", [](Config& config) -> Limits& { return config.engine.ceiling; });
  return all;
}

#undef PLACE

}  // namespace

std::optional<Setting> language_setting(std::string_view key) {
  constexpr std::string_view kGroup = "language.";
  const std::size_t dot = key.rfind('.');
  if (!key.starts_with(kGroup) || dot <= kGroup.size()) return std::nullopt;
  const std::string id(key.substr(kGroup.size(), dot - kGroup.size()));
  const std::string_view name = key.substr(dot + 1);
  if (name == "runner") {
    return setting(std::string(key), "what its boxes are made of",
                   [id](Config& config) -> auto& { return config.language[id].runner; });
  }
  if (name == "image") {
    return setting(std::string(key), "what its boxes see",
                   [id](Config& config) -> auto& { return config.language[id].image; });
  }
  if (name == "warm") {
    return setting(std::string(key), "its interpreter or compiler is kept warm",
                   [id](Config& config) -> auto& { return config.language[id].warm; });
  }
  return std::nullopt;
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = make_settings();
  return all;
}

}  // namespace engine::app
