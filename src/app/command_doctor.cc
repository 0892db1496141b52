#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "api/tokens.h"
#include "app/box_kinds.h"
#include "app/commands.h"
#include "app/parts.h"
#include "app/places.h"
#include "base/random.h"

namespace engine::app {
namespace {

// Prints findings, one line each, and remembers whether all were well.
class Report {
 public:
  void add(bool ok, const std::string& subject, const std::string& text) {
    std::printf("%-4s  %-18s  %s\n", ok ? "ok" : "FAIL", subject.c_str(), text.c_str());
    all_ok_ = all_ok_ && ok;
  }
  void add(const Status& status, const std::string& subject, const std::string& well,
           const std::string& cure = "") {
    if (status) return add(true, subject, well);
    // What is plainly wrong has its cure in the same sentence.
    const bool is_told = cure.empty() || status.error().code == Errc::kInvalid;
    add(false, subject, status.error().message + (is_told ? "" : "; " + cure));
  }
  void note(const std::string& subject, const std::string& text) {
    std::printf("%-4s  %-18s  %s\n", "--", subject.c_str(), text.c_str());
  }
  bool all_ok() const { return all_ok_; }

 private:
  bool all_ok_ = true;
};

// A place is as good as what `opened` says, and then what `works` finds.
template <typename Port, typename Works>
Status examine_place(const Result<std::unique_ptr<Port>>& opened, Works works) {
  if (!opened) return opened.error();
  return works(**opened);
}

Status no_problem(const std::optional<std::string>& problem) {
  if (!problem) return Ok{};
  return Error{Errc::kUnavailable, *problem};
}

Status answers(Store& store) {
  CHECK_OK(no_problem(store.problem()));
  const auto counts = store.counts();
  return counts ? Status(Ok{}) : Status(counts.error());
}

// As an attempt would do it.
Status keeps(Output& output) {
  const SubmissionId id{random_uuid()};
  const Object object{"doctor.txt", "the doctor was here\n"};
  CHECK_OK(output.put(id, 1, {object}));
  const auto read = output.get(id, 1, object.name, {});
  CHECK_OK(output.remove(id));
  if (!read) return read.error();
  if (*read == object.bytes) return Ok{};
  return Error{Errc::kInternal, "what was kept came back changed"};
}

// Each by itself, so that one that is away does not hide another.
void examine_places(Report& report, const Config& config) {
  const LinkSigner signer(random_uuid(), config.public_url, system_clock());
  const auto store = examine_place(open_store(config, system_clock()), answers);
  report.add(store, "store", "opens and answers");  // What it says has the cure.
  const auto queue = examine_place(open_queue(config, system_clock()), [](const Queue& opened) {
    return no_problem(opened.problem());
  });
  report.add(queue, "queue", is_shared(config) ? "Redis answers" : "is part of this process",
             "start it, or correct its URL");
  const auto output = examine_place(open_output(config, signer, system_clock()), keeps);
  report.add(output, "output", "takes an object, gives it back, and removes it",
             links_lead_here(config) ? "make it a directory that " + config.user + " may write to"
                                     : "docs/operation.md says what the bucket needs");
}

void examine_languages(Report& report, Parts& parts) {
  parts.probe_languages();
  bool any = false;
  for (const auto& entry : parts.languages().all()) {
    const bool usable = !entry.version.empty();
    if (usable) {
      report.add(true, "language " + entry.language.id, entry.version);
    } else {
      report.note("language " + entry.language.id, entry.problem);
    }
    any = any || usable;
  }
  if (!any) report.add(false, "languages", "none can be used; see above what to install");
}

// What boxes are made of, and what runs in them.
void examine_boxes(Report& report, const Config& config, Parts::Privileged privileged) {
  const bool needs_docker = any_runs_in(privileged.languages, BoxKind::kDocker);
  const auto parts = Parts::make(config, std::move(privileged));
  if (!parts) {
    return report.add(false, needs_docker ? "docker" : "boxes", parts.error().message);
  }
  if (needs_docker) {
    report.add(true, "docker", config.docker.engine + " answers, limits, and has the images");
  }
  examine_languages(report, **parts);
}

void examine_host(Report& report, const Config& config) {
  for (const sandbox::Finding& finding : sandbox::examine_host(config.sandbox))
    report.add(finding.ok, finding.subject, finding.text);
}

void examine_tokens(Report& report, const Config& config) {
  if (config.tokens.empty()) return;
  const auto tokens = api::Tokens::load(config.tokens);
  report.add(tokens ? Status(Ok{}) : Status(tokens.error()), "tokens", "can be read");
}

// Each group by itself: what is wrong with one does not hide another.
int examine(Report& report, Config config) {
  if (const auto fit = check_places(config); !fit) {
    report.add(fit, "places", "");
    return kFailure;
  }
  auto languages = load_languages(config);
  if (!languages) {
    report.add(false, "languages", languages.error().message);
    return kFailure;
  }
  bool is_native = config.engine.slots > 0 && any_runs_in(*languages, BoxKind::kNative);
  if (is_native) examine_host(report, config);
  if (!report.all_ok()) {
    report.note("languages", "cannot be tried where no box can be made");
    config.engine.slots = 0;
    is_native = false;
  }
  examine_tokens(report, config);
  auto privileged = Parts::prepare(config, *std::move(languages));
  if (!privileged) {
    report.add(false, "start", privileged.error().message);
    return kFailure;
  }
  if (is_native) report.add(true, "box manager", "starts, and gives up root as " + config.user);
  log::configure(log::Level::kError, config.log_format);
  examine_places(report, config);
  if (config.engine.slots > 0 && report.all_ok()) {
    examine_boxes(report, config, *std::move(privileged));
  }
  return report.all_ok() ? kSuccess : kFailure;
}

}  // namespace

void add_doctor(CLI::App& program, int& status) {
  auto* command =
      program.add_subcommand("doctor", "Check whether this host can serve, and say why");
  auto flags = std::make_shared<ConfigFlags>();
  flags->add_to(*command);
  flags->add_server(*command);
  command->footer(
      "Each line says ok, or FAIL and what to do; exit status 1 when the engine could not serve.\n"
      "Examples:\n"
      "  execution-engine doctor --config engine.toml\n"
      "  execution-engine doctor --store postgres://engine@db/engine --queue redis://redis/0");
  command->callback([flags, &status] {
    auto config = flags->load();
    Report report;
    status = config ? examine(report, *std::move(config)) : fail(config.error(), kWrongUsage);
  });
}

}  // namespace engine::app
