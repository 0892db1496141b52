#include "runner/runner.h"

#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "runner/ahead_starts.h"
#include "runner/artefact_cache.h"
#include "runner/box_supply.h"
#include "runner/findings.h"
#include "runner/live_forwarder.h"
#include "runner/plan.h"
#include "runner/quick_compile.h"
#include "runner/serial_progress.h"
#include "runner/stopwatch.h"
#include "runner/test_runs.h"
#include "runner/texts.h"
#include "runner/warm_compilers.h"
#include "runner/warm_starts.h"

namespace engine {
namespace {

using sandbox::End;
using sandbox::File;
using sandbox::FileSet;
using sandbox::RunReport;
using sandbox::RunSpec;
using sandbox::TakenFile;
using Use = PrecompiledHeaders::Use;

// From here on a shell's exit code speaks of a program that could not start or that a signal ended.
constexpr int kNotItsOwnCode = 126;

// One submission on its way through the boxes.
class Job {
 public:
  Job(sandbox::Boxes& boxes, const Clock& clock, const Shortcuts& shortcuts,
      const Submission& submission, const Language& language, Progress& progress, SpareSlots& spare,
      std::stop_token stop)
      : boxes_(boxes),
        cache_(submission.cache ? shortcuts.cache : nullptr),
        warm_(submission.warm ? shortcuts.warm : nullptr),
        ahead_(submission.warm ? shortcuts.ahead : nullptr),
        headers_(shortcuts.headers),
        quick_(shortcuts.quick),
        compilers_(submission.warm ? shortcuts.compilers : nullptr),
        submission_(submission),
        language_(language),
        progress_(progress),
        spare_(spare),
        stop_(std::move(stop)),
        plan_(make_plan(submission, language)),
        texts_(submission.tests.size()),
        watch_(clock) {}

  Result<Execution> run() {
    progress_.on_phase(Progress::Phase::kPreparing, -1);
    files_ = plan_.sources;
    if (!plan_.compile.empty()) {
      CHECK_OK(compile());
      if (outcome_.compile->verdict != Verdict::kAccepted) return finish();
    }
    CHECK_OK(run_tests());
    return finish();
  }

 private:
  Status compile() {
    if (cache_ == nullptr) return compile_anew("");
    watch_.charge(outcome_.phases.compiling);
    const std::string key = cache_->key(submission_, language_, plan_);
    const auto known = cache_->find(key);
    if (known == nullptr) return compile_anew(key);
    progress_.on_phase(Progress::Phase::kCompiling, -1);
    recall(*known);
    return Ok{};
  }

  // The answer is the one of the compile itself, its usage included.
  void recall(const Compiled& known) {
    if (known.files) files_ = known.files;
    RunReport report{.exit_code = known.exit_code,
                     .log = known.log,
                     .cpu_time = known.usage.cpu_time,
                     .wall_time = known.usage.wall_time,
                     .memory = known.usage.memory,
                     .processes = known.usage.processes};
    conclude_compile(std::move(report), "");
    outcome_.compile->cached = true;
  }

  // What a limit, a signal or the host ended may end otherwise another time.
  void remember(const std::string& key, const RunReport& report) {
    const bool by_itself = report.end == End::kExited && report.exit_code < kNotItsOwnCode;
    if (key.empty() || !by_itself || report.truncated) return;
    if (report.exit_code != 0 && may_blame_host(report.log)) return;
    cache_->keep(key, {.exit_code = report.exit_code,
                       .log = report.log,
                       .usage = usage_of(report),
                       .files = report.exit_code == 0 ? files_ : nullptr});
  }

  // `key`: under which the cache keeps what comes of it; empty: it does not.
  Status compile_anew(const std::string& key) {
    TRY(std::optional<RunReport> warm, compile_warmly());
    if (!warm) return compile_in_box(key);
    use_compile(*std::move(warm), key);
    return Ok{};
  }

  // Nothing: it is to be compiled in a box of its own.
  Result<std::optional<RunReport>> compile_warmly() {
    if (compilers_ == nullptr) return std::optional<RunReport>();
    watch_.charge(outcome_.phases.compiling);
    return compilers_->compile(language_, plan_, progress_);
  }

  Status compile_in_box(const std::string& key) {
    BoxSupply supply(boxes_, plan_.image, stop_);
    watch_.charge(outcome_.phases.preparing);
    CHECK_OK(supply.prepare());
    watch_.charge(outcome_.phases.compiling);
    progress_.on_phase(Progress::Phase::kCompiling, -1);
    LiveForwarder live(progress_, -1);
    RunSpec spec = spec_for(plan_.compile, plan_.compile_limits);
    spec.take = language_.artefacts;
    spec.take_limit = plan_.compile_limits.disk;
    spec.take_count = plan_.compile_limits.files;
    TRY(std::optional<RunReport> quick, compile_quickly(supply, spec));
    spec.observer = &live;
    if (!quick) {
      TRY(TestRun plain, run_patiently(supply, spec));
      quick = std::move(plain.report);
    }
    CHECK_OK(check_started(*quick, plan_.compile.front()));
    use_compile(*std::move(quick), key);
    return Ok{};
  }

  void use_compile(RunReport report, const std::string& key) {
    const bool ended_well = judge(report).verdict == Verdict::kAccepted;
    const std::string problem = ended_well ? use_artefacts(report) : "";
    if (problem.empty()) remember(key, report);
    conclude_compile(std::move(report), problem);
  }

  // Nothing: it is to be compiled plainly.
  Result<std::optional<RunReport>> compile_quickly(BoxSupply& supply, const RunSpec& plain) {
    if (quick_ != nullptr && !plan_.quick_compile.empty()) {
      RunSpec spec = plain;
      spec.argv = plan_.quick_compile;
      return attempt(supply, std::move(spec), [this](Use use) {
        ++(use == Use::kCounts ? quick_->counting : quick_->in_vain);
      });
    }
    const auto found = headers_ == nullptr ? std::nullopt : headers_->find(language_, plan_);
    if (!found) return std::optional<RunReport>();
    return attempt(supply, quick_spec(plain, *found),
                   [&](Use use) { headers_->used(*found, use); });
  }

  // `tell`: of what came of it.
  template <typename Tell>
  Result<std::optional<RunReport>> attempt(BoxSupply& supply, RunSpec spec, Tell tell) {
    QuietForwarder live(progress_, stop_);
    spec.observer = &live;
    spec.stop = live.stop();
    TRY(RunReport report, supply.attempt(spec));
    const Use use = use_of(report);
    tell(use);
    if (use != Use::kCounts) return std::optional<RunReport>();
    return std::optional<RunReport>(std::move(report));
  }

  // What the compiler left behind, beside the client's other files, is what the runs find. Returns
  // what is wrong with it; empty: nothing.
  std::string use_artefacts(RunReport& report) {
    std::vector<File> files;
    for (TakenFile& taken : report.taken) {
      if (!taken.problem.empty()) return taken.file.name + ": " + taken.problem;
      files.push_back(std::move(taken.file));
    }
    if (files.empty()) return "nothing was left behind";
    std::move(plan_.kept.begin(), plan_.kept.end(), std::back_inserter(files));
    files_ = FileSet::make(std::move(files));
    return {};
  }

  // `problem`: what makes the result of a compiler that ended well of no use.
  void conclude_compile(RunReport report, const std::string& problem) {
    const Finding finding = judge(report);
    CompileOutcome& compile = outcome_.compile.emplace();
    compile.verdict = problem.empty() ? finding.verdict : Verdict::kRuntimeError;
    compile.exit_code = finding.exit_code;
    compile.signal = finding.signal;
    compile.time_limit = finding.time_limit;
    compile.usage = usage_of(report);
    if (!problem.empty()) {
      report.log += "The compiler ended well, but its result cannot be used: " + problem + "\n";
    }
    report.log += limit_note(finding);
    if (compile.verdict != Verdict::kAccepted) texts_.log(report.log);
    compile.output = texts_.stream("compile.txt", std::move(report.log), report.truncated);
  }

  Status run_tests() {
    BoxSupply supply(boxes_, plan_.image, stop_);
    watch_.charge(outcome_.phases.preparing);
    if (ahead_ != nullptr) {
      const bool has_input = !submission_.tests.front().input.empty();
      supply.begin_with(ahead_->take(language_, plan_, has_input));
    }
    CHECK_OK(supply.prepare());
    watch_.charge(outcome_.phases.running);
    TRY(TestRun first, run_test(supply, 0, stop_));
    TRY(const bool parses, parses_after(first.report, supply));
    if (!parses || !conclude_run(0, std::move(first))) return Ok{};
    TestRuns rest(
        {.boxes = [this] { return std::make_unique<BoxSupply>(boxes_, plan_.image, stop_); },
         .run = std::bind_front(&Job::run_test, this),
         .conclude = std::bind_front(&Job::conclude_run, this)},
        spare_, stop_);
    return rest.run(1, submission_.tests.size(), supply);
  }

  // Safe from several threads.
  Result<TestRun> run_test(BoxSupply& supply, std::size_t index, const std::stop_token& stop) {
    const int test = static_cast<int>(index);
    progress_.on_phase(Progress::Phase::kRunning, test);
    LiveForwarder live(progress_, test);
    RunSpec spec = spec_for(plan_.run, plan_.run_limits);
    spec.observer = &live;
    spec.stop = stop;
    spec.input = submission_.tests[index].input;
    spec.take = submission_.output_files;
    if (warm_ != nullptr) spec.frozen = warm_->find(language_, plan_);
    TRY(TestRun run, run_patiently(supply, spec));
    CHECK_OK(check_started(run.report, plan_.run.front()));
    if (run.report.ahead) ahead_->went_on();
    if (spec.frozen != nullptr && spec.frozen->serves(spec)) {
      warm_->used(spec.frozen, run.report.thawed);
    }
    return run;
  }

  // An interpreter finds a source that does not parse only by running it. So a first run that
  // failed is followed by a check of the syntax; a program that works never pays for it.
  Result<bool> parses_after(const RunReport& run, BoxSupply& supply) {
    if (plan_.check.empty() || run.end != End::kExited || run.exit_code == 0) return true;
    watch_.charge(outcome_.phases.compiling);
    TRY(RunReport report, supply.run(spec_for(plan_.check, plan_.compile_limits)));
    watch_.charge(outcome_.phases.running);
    if (report.end != End::kExited || report.exit_code == 0) return true;
    conclude_compile(std::move(report), "");
    return false;
  }

  // A wall overrun while the host itself stalled says nothing about the program: it gets one more
  // run, and whatever comes then counts.
  Result<TestRun> run_patiently(BoxSupply& supply, const RunSpec& spec) {
    TRY(RunReport report, supply.run(spec));
    if (report.end != End::kWallTime || !report.host_stalled) {
      return TestRun{.report = std::move(report)};
    }
    log::warning("a run is repeated: the host stalled", {
                                                            {"submission", submission_.id.text}
    });
    TRY(RunReport second, supply.run(spec));
    return TestRun{.report = std::move(second), .repeated = true};
  }

  static Status check_started(const RunReport& report, const std::string& program) {
    if (!host_lacks_program(report, program)) return Ok{};
    return Error{Errc::kUnavailable, start_failure(report, program), {}};
  }

  // False: no later test is wanted.
  bool conclude_run(std::size_t index, TestRun run) {
    outcome_.runs.push_back(outcome_of(std::move(run), index));
    return !submission_.stop_on_failure || outcome_.runs.back().verdict == Verdict::kAccepted;
  }

  RunOutcome outcome_of(TestRun tested, std::size_t index) {
    const Test& test = submission_.tests[index];
    RunReport& report = tested.report;
    const Finding finding = judge(report);
    RunOutcome run{.test = test.name,
                   .verdict = finding.verdict,
                   .exit_code = finding.exit_code,
                   .signal = finding.signal,
                   .time_limit = finding.time_limit,
                   .usage = usage_of(report),
                   .repeated = tested.repeated};
    if (run.verdict == Verdict::kAccepted && test.expected_output &&
        !same_output(report.stdout_text, *test.expected_output)) {
      run.verdict = Verdict::kWrongAnswer;
    }
    if (report.end == End::kCannotStart) {
      report.stderr_text = start_failure(report, plan_.run.front()) + "\n";
      report.log = report.stderr_text;
    }
    keep_texts(report, index, run);
    return run;
  }

  void keep_texts(RunReport& report, std::size_t index, RunOutcome& run) {
    const std::string folder = "runs/" + std::to_string(index) + "/";
    const bool cut = report.truncated;
    const bool silent = report.stderr_text.empty();
    texts_.log(report.log);
    run.stdout_text = texts_.stream(folder + "stdout.txt", std::move(report.stdout_text), cut);
    run.stderr_text =
        texts_.stream(folder + "stderr.txt", std::move(report.stderr_text), cut && !silent);
    for (TakenFile& taken : report.taken)
      run.files.push_back(texts_.file(index, run.files.size(), std::move(taken)));
  }

  RunSpec spec_for(const std::vector<std::string>& argv, const sandbox::RunLimits& limits) const {
    RunSpec spec;
    spec.argv = argv;
    spec.environment = plan_.environment;
    spec.files = files_;
    spec.limits = limits;
    spec.stop = stop_;
    return spec;
  }

  Result<Execution> finish() {
    watch_.stop();
    outcome_.verdict = verdict_of(outcome_.compile, outcome_.runs);
    outcome_.log_object = kLogObject;
    return Execution{std::move(outcome_), texts_.take()};
  }

  sandbox::Boxes& boxes_;
  ArtefactCache* const cache_;         // nullptr: it is to be compiled.
  WarmStarts* const warm_;             // nullptr: each run starts fresh.
  AheadStarts* const ahead_;           // Likewise.
  PrecompiledHeaders* const headers_;  // nullptr: none are used.
  QuickCompiles* const quick_;         // nullptr: none are tried.
  WarmCompilers* const compilers_;     // nullptr: none are used.
  const Submission& submission_;
  const Language& language_;
  SerialProgress progress_;
  SpareSlots& spare_;
  const std::stop_token stop_;
  Plan plan_;
  Texts texts_;
  Stopwatch watch_;
  std::shared_ptr<const FileSet> files_;
  Outcome outcome_;
};

class BoxRunner : public Runner {
 public:
  BoxRunner(BoxesOf boxes, const Clock& clock, Shortcuts shortcuts)
      : boxes_(std::move(boxes)), clock_(clock), shortcuts_(shortcuts) {}

  Result<Execution> run(const Submission& submission, const Language& language, Progress& progress,
                        SpareSlots& spare, std::stop_token stop) override {
    return Job(boxes_(language), clock_, shortcuts_, submission, language, progress, spare,
               std::move(stop))
        .run();
  }

 private:
  const BoxesOf boxes_;
  const Clock& clock_;
  const Shortcuts shortcuts_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(BoxesOf boxes, const Clock& clock, Shortcuts shortcuts) {
  return std::make_unique<BoxRunner>(std::move(boxes), clock, shortcuts);
}

}  // namespace engine
