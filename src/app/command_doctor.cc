#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "app/commands.h"
#include "app/parts.h"
#include "runner/probe.h"

namespace engine::app {
namespace {

// Prints findings, one line each, and remembers whether all were well.
class Report {
 public:
  void add(bool ok, const std::string& subject, const std::string& text) {
    std::printf("%-4s  %-18s  %s\n", ok ? "ok" : "FAIL", subject.c_str(), text.c_str());
    all_ok_ = all_ok_ && ok;
  }
  void note(const std::string& subject, const std::string& text) {
    std::printf("%-4s  %-18s  %s\n", "--", subject.c_str(), text.c_str());
  }
  bool all_ok() const { return all_ok_; }

 private:
  bool all_ok_ = true;
};

void examine_languages(Report& report, Parts& parts) {
  probe(parts.languages(), *parts.boxes());
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

void examine_parts(Report& report, Parts& parts) {
  examine_languages(report, parts);
  const auto problems = parts.engine().problems();
  report.add(problems.empty(), "store and queue",
             problems.empty() ? "the database opens and takes work" : problems.front());
}

int doctor(Config config) {
  Report report;
  for (const sandbox::Finding& finding : sandbox::examine_host(config.sandbox)) {
    report.add(finding.ok, finding.subject, finding.text);
  }
  if (!report.all_ok()) return kFailure;
  auto privileged = Parts::prepare(config);
  if (!privileged) {
    report.add(false, "start", privileged.error().message);
    return kFailure;
  }
  report.add(true, "box manager", "starts, and gives up root as " + config.user);
  log::configure(log::Level::kError, config.log_format);
  const auto parts = Parts::make(config, *std::move(privileged));
  if (parts) {
    examine_parts(report, **parts);
  } else {
    report.add(false, "start", parts.error().message);
  }
  return report.all_ok() ? kSuccess : kFailure;
}

}  // namespace

void add_doctor(CLI::App& program, int& status) {
  auto* command =
      program.add_subcommand("doctor", "Check whether this host can serve, and say why");
  auto flags = std::make_shared<ConfigFlags>();
  flags->add_to(*command);
  flags->add(*command, "--data", "data", "directory for database and outputs [data]");
  command->footer(
      "Each line says ok, or FAIL and what to do; exit status 1 when the engine could not serve.\n"
      "Example:\n  execution-engine doctor --config engine.toml");
  command->callback([flags, &status] {
    auto config = flags->load();
    status = config ? doctor(*std::move(config)) : fail(config.error(), kWrongUsage);
  });
}

}  // namespace engine::app
