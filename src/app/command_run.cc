#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include <CLI/CLI.hpp>

#include "api/outcome_json.h"
#include "app/commands.h"
#include "app/local_session.h"
#include "app/quantity.h"

namespace engine::app {
namespace {

struct RunFlags {
  ConfigFlags config;
  std::string file;
  std::string language;
  std::string input;  // A file's name, or "-".
  std::vector<std::string> args;
  std::vector<std::string> options;
  std::string cpu_time;
  std::string wall_time;
  std::string memory;
  bool json = false;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path)) {
    return Error{Errc::kInvalid, "cannot read '" + path + "'"};
  }
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

Result<std::string> read_input(const std::string& name) {
  if (name.empty()) return std::string{};
  if (name != "-") return read_file(name);
  return std::string{std::istreambuf_iterator<char>(std::cin), {}};
}

Result<SubmissionRequest> make_request(const RunFlags& flags) {
  SubmissionRequest request;
  TRY(std::string source, read_file(flags.file));
  TRY(std::string input, read_input(flags.input));
  const std::string name = std::filesystem::path(flags.file).filename().string();
  request.language = flags.language;
  request.files.push_back({name, std::move(source)});
  request.entry = name;
  request.args = flags.args;
  request.options = flags.options;
  request.tests.push_back({.input = std::move(input)});
  if (!flags.cpu_time.empty()) {
    TRY(request.limits.cpu_time, parse_duration(flags.cpu_time));
  }
  if (!flags.wall_time.empty()) {
    TRY(request.limits.wall_time, parse_duration(flags.wall_time));
  }
  if (!flags.memory.empty()) {
    TRY(request.limits.memory, parse_size(flags.memory));
  }
  return request;
}

// The only language that this command needs; asking the others for their versions takes time. All
// of them, where it is unknown, for an answer that lists them.
Languages narrow(Languages languages, const SubmissionRequest& request) {
  const auto* wanted = request.language.empty() ? languages.find_by_extension(request.entry)
                                                : languages.find(request.language);
  if (wanted == nullptr) return languages;
  return Languages({wanted->language});
}

// Ends the run on the first SIGINT or SIGTERM, so that Ctrl-C leaves nothing behind. The signals
// must be blocked in every thread.
class CancelOnSignal {
 public:
  CancelOnSignal(Engine& engine, SubmissionId id)
      : thread_([this, &engine, id = std::move(id)] {
          int signal = 0;
          ::sigwait(&signals_, &signal);
          if (!done_.load()) static_cast<void>(engine.cancel(id, {}));
        }) {}
  ~CancelOnSignal() {
    done_ = true;
    ::pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

  static sigset_t block() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
  }

 private:
  sigset_t signals_ = block();
  std::atomic<bool> done_{false};
  std::thread thread_;
};

Status print(std::FILE* stream, const std::string& bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size() &&
      std::fflush(stream) == 0) {
    return Ok{};
  }
  return Error{
      Errc::kUnavailable, "cannot write the output: " + std::generic_category().message(errno), {}};
}

// All of a text, where the answer holds only its head.
Result<std::string> whole(Parts& parts, const Record& record, const Text& text) {
  if (text.object.empty()) return text.head;
  return parts.engine().read(record.id, record.attempt, text.object);
}

Status print_whole(std::FILE* stream, Parts& parts, const Record& record, const Text& text) {
  TRY(const std::string bytes, whole(parts, record, text));
  return print(stream, bytes);
}

// What the program, or its compiler, wrote; or the submission as the API shows it.
Status print_output(Parts& parts, const Record& record, bool json) {
  if (json) {
    const auto no_link = [](std::string_view) -> Result<std::string> { return std::string(); };
    TRY(const std::string text, api::submission_json(record, no_link));
    return print(stdout, text + "\n");
  }
  if (!record.outcome) return Ok{};  // Cancelled.
  const Outcome& outcome = *record.outcome;
  if (outcome.verdict == Verdict::kCompileError) {
    return print_whole(stderr, parts, record, outcome.compile->output);
  }
  if (outcome.runs.empty()) return Ok{};
  CHECK_OK(print_whole(stdout, parts, record, outcome.runs.front().stdout_text));
  return print_whole(stderr, parts, record, outcome.runs.front().stderr_text);
}

int status_of(const RunOutcome& run) {
  switch (run.verdict) {
    case Verdict::kTimeLimit: return kTimeLimit;
    case Verdict::kMemoryLimit: return kMemoryLimit;
    case Verdict::kOutputLimit: return kOutputLimit;
    case Verdict::kInternalError: return kEngineFailure;
    default: return run.signal != 0 ? kSignalBase + run.signal : run.exit_code;
  }
}

void print_summary(Verdict verdict, const Usage& usage) {
  using MillisecondsRounded = std::chrono::duration<double, std::milli>;
  (void)std::fprintf(stderr, "%s  cpu %.0f ms  wall %.0f ms  memory %.1f MiB\n",
                     std::string(to_string(verdict)).c_str(),
                     MillisecondsRounded(usage.cpu_time).count(),
                     MillisecondsRounded(usage.wall_time).count(),
                     static_cast<double>(usage.memory.count) / (1 << 20));
}

int report(Parts& parts, const Record& record, bool json) {
  if (const auto printed = print_output(parts, record, json); !printed) {
    return fail(printed.error(), kEngineFailure);
  }
  if (!record.outcome) return kEngineFailure;  // Cancelled.
  const Outcome& outcome = *record.outcome;
  if (outcome.verdict == Verdict::kInternalError) {
    return fail({Errc::kInternal, outcome.reason, {}}, kEngineFailure);
  }
  if (outcome.verdict == Verdict::kCompileError) {
    print_summary(outcome.verdict, outcome.compile->usage);
    return kCompileError;
  }
  const RunOutcome& run = outcome.runs.front();
  print_summary(run.verdict, run.usage);
  return status_of(run);
}

int run(const RunFlags& flags) {
  auto config = flags.config.load();
  if (!config) return fail(config.error(), kWrongUsage);
  auto request = make_request(flags);
  if (!request) return fail(request.error(), kWrongUsage);
  config->engine.slots = 1;
  CancelOnSignal::block();
  const auto narrowed = [&](Languages all) { return narrow(std::move(all), *request); };
  auto session = LocalSession::open(*std::move(config), narrowed);
  if (!session) return fail(session.error(), kEngineFailure);
  Parts& parts = (*session)->parts();
  if (const auto started = parts.engine().start(); !started) {
    return fail(started.error(), kEngineFailure);
  }
  const auto accepted = (*session)->submit(*std::move(request));
  if (!accepted) {
    const Errc code = accepted.error().code;
    const bool theirs = code == Errc::kInvalid || code == Errc::kTooLarge;
    return fail(accepted.error(), theirs ? kWrongUsage : kEngineFailure);
  }
  const CancelOnSignal cancel(parts.engine(), accepted->id);
  const auto record = (*session)->await_end(accepted->id);
  if (!record) return fail(record.error(), kEngineFailure);
  return report(parts, **record, flags.json);
}

}  // namespace

void add_run(CLI::App& program, int& status) {
  auto* command = program.add_subcommand("run", "Run one file in a box, as the server would");
  auto flags = std::make_shared<RunFlags>();
  command->add_option("file", flags->file, "the source file")->required()->type_name("FILE");
  command->add_option("--language", flags->language, "id of the language [by the extension]");
  command->add_option("--stdin", flags->input, "what the program reads; - is our own stdin")
      ->type_name("FILE|-");
  command->add_option("--arg", flags->args, "an argument for the program; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--option", flags->options, "a compiler option; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--cpu-time", flags->cpu_time, "like 2s");
  command->add_option("--wall-time", flags->wall_time, "like 10s");
  command->add_option("--memory", flags->memory, "like 256MiB");
  command->add_flag("--json", flags->json, "print the API's submission object instead");
  flags->config.add_to(*command);
  flags->config.add(*command, "--runner", "runner", "what boxes are made of: native, docker");
  flags->config.add(*command, "--reuse", "reuse",
                    "how far boxes are shared: submission, run, pool");
  command->footer(
      "The exit status is the program's own; 128+N when it died of signal N; 124 time limit,\n"
      "137 memory limit, 153 output limit, 125 the engine's own failure, 2 wrong usage, 1 compile\n"
      "error. The summary line and --json are the authority.\n"
      "Examples:\n"
      "  execution-engine run hello.py\n"
      "  execution-engine run sum.cpp --stdin numbers.txt --memory 64MiB\n"
      "  echo 41 | execution-engine run next.py --stdin - --json");
  command->callback([flags, &status] { status = run(*flags); });
}

}  // namespace engine::app
