#include "runner/runner.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/log.h"
#include "runner/box_supply.h"
#include "runner/findings.h"
#include "runner/live_forwarder.h"
#include "runner/plan.h"
#include "runner/stopwatch.h"
#include "runner/texts.h"

namespace engine {
namespace {

using sandbox::End;
using sandbox::File;
using sandbox::FileSet;
using sandbox::RunReport;
using sandbox::RunSpec;
using sandbox::TakenFile;

// One submission on its way through the boxes.
class Job {
 public:
  Job(sandbox::Boxes& boxes, const Clock& clock, const Submission& submission,
      const Language& language, Progress& progress, std::stop_token stop)
      : boxes_(boxes),
        submission_(submission),
        language_(language),
        progress_(progress),
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
    BoxSupply supply(boxes_, plan_.image, stop_);
    watch_.charge(outcome_.phases.preparing);
    CHECK_OK(supply.prepare());
    watch_.charge(outcome_.phases.compiling);
    progress_.on_phase(Progress::Phase::kCompiling, -1);
    LiveForwarder live(progress_, -1);
    RunSpec spec = spec_for(plan_.compile, plan_.compile_limits);
    spec.observer = &live;
    spec.take = language_.artefacts;
    spec.take_limit = plan_.compile_limits.disk;
    spec.take_count = plan_.compile_limits.files;
    TRY(RunReport report, run_patiently(supply, spec));
    CHECK_OK(check_started(report, plan_.compile.front()));
    const bool ended_well = judge(report).verdict == Verdict::kAccepted;
    const std::string problem = ended_well ? use_artefacts(report) : "";
    conclude_compile(std::move(report), problem);
    return Ok{};
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
    CHECK_OK(supply.prepare());
    watch_.charge(outcome_.phases.running);
    for (std::size_t i = 0; i < submission_.tests.size(); ++i) {
      TRY(RunReport report, run_test(supply, i));
      if (i == 0) {
        TRY(const bool parses, parses_after(report, supply));
        if (!parses) return Ok{};
      }
      outcome_.runs.push_back(conclude_run(std::move(report), i));
    }
    return Ok{};
  }

  Result<RunReport> run_test(BoxSupply& supply, std::size_t index) {
    const int test = static_cast<int>(index);
    progress_.on_phase(Progress::Phase::kRunning, test);
    LiveForwarder live(progress_, test);
    RunSpec spec = spec_for(plan_.run, plan_.run_limits);
    spec.observer = &live;
    spec.input = submission_.tests[index].input;
    spec.take = submission_.output_files;
    spec.take_limit = std::min(spec.take_limit, texts_.left());
    TRY(RunReport report, run_patiently(supply, spec));
    CHECK_OK(check_started(report, plan_.run.front()));
    return report;
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
  Result<RunReport> run_patiently(BoxSupply& supply, const RunSpec& spec) {
    TRY(RunReport report, supply.run(spec));
    repeated_ = report.end == End::kWallTime && report.host_stalled;
    if (!repeated_) return report;
    log::warning("a run is repeated: the host stalled", {
                                                            {"submission", submission_.id.text}
    });
    return supply.run(spec);
  }

  static Status check_started(const RunReport& report, const std::string& program) {
    if (!host_lacks_program(report, program)) return Ok{};
    return Error{Errc::kUnavailable, start_failure(report, program), {}};
  }

  RunOutcome conclude_run(RunReport report, std::size_t index) {
    const Test& test = submission_.tests[index];
    const Finding finding = judge(report);
    RunOutcome run{.test = test.name,
                   .verdict = finding.verdict,
                   .exit_code = finding.exit_code,
                   .signal = finding.signal,
                   .time_limit = finding.time_limit,
                   .usage = usage_of(report),
                   .repeated = repeated_};
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
  const Submission& submission_;
  const Language& language_;
  Progress& progress_;
  const std::stop_token stop_;
  Plan plan_;
  Texts texts_;
  Stopwatch watch_;
  std::shared_ptr<const FileSet> files_;
  bool repeated_ = false;
  Outcome outcome_;
};

class BoxRunner : public Runner {
 public:
  BoxRunner(BoxesOf boxes, const Clock& clock) : boxes_(std::move(boxes)), clock_(clock) {}

  Result<Execution> run(const Submission& submission, const Language& language, Progress& progress,
                        std::stop_token stop) override {
    return Job(boxes_(language), clock_, submission, language, progress, std::move(stop)).run();
  }

 private:
  const BoxesOf boxes_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(BoxesOf boxes, const Clock& clock) {
  return std::make_unique<BoxRunner>(std::move(boxes), clock);
}

}  // namespace engine
