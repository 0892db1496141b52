#include "runner/probe.h"

#include <regex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/log.h"
#include "domain/names.h"
#include "runner/box_supply.h"
#include "runner/findings.h"
#include "runner/plan.h"

namespace engine {
namespace {

constexpr std::size_t kMostVersionText = 1'000;  // What a pattern is searched in; it recurses.

// The pattern's first group in what a version command printed; empty: it is not there.
std::string version_in(const std::string& text, const std::string& pattern) {
  const std::string head = text.substr(0, kMostVersionText);
  std::smatch match;
  return std::regex_search(head, match, std::regex(pattern)) ? match.str(1) : std::string{};
}

std::string install_hint(const std::string& packages) {
  const bool many = packages.find(' ') != std::string::npos;
  return (many ? "install the packages " : "install the package ") + packages;
}

// What one try came to.
struct Answer {
  std::string version;
  std::string problem;
  bool absent = false;  // The program is not there: another candidate may be.
};

Answer ask(const Language& language, BoxSupply& supply) {
  const auto report = supply.run(version_spec(language));
  if (!report) return {.problem = report.error().message};
  if (report->end == sandbox::End::kCannotStart) {
    return {.problem = install_hint(language.package), .absent = true};
  }
  auto version = version_in(report->log, language.version_pattern);
  if (!version.empty()) return {.version = std::move(version)};
  return {.problem = "its version command printed no version: " + quote(report->log)};
}

// One try for each candidate; the first that is there stays.
Answer ask_candidates(Language& language, BoxSupply& supply) {
  const std::vector<std::string> candidates = language.programs;
  Answer answer = ask(language, supply);
  for (std::size_t i = 1; answer.absent && i < candidates.size(); ++i) {
    language.programs = {candidates[i]};
    answer = ask(language, supply);
  }
  if (answer.absent) {
    language.programs = candidates;
  } else if (!candidates.empty()) {
    language.programs.resize(1);
  }
  return answer;
}

bool is_there(const std::string& directory, BoxSupply& supply) {
  sandbox::RunSpec spec;
  spec.argv = {"/usr/bin/test", "-d", directory};
  const auto report = supply.run(spec);
  return report && judge(*report).verdict == Verdict::kAccepted;
}

void add_resources(Language& language, BoxSupply& supply) {
  for (const Language::Resource& resource : language.resources) {
    if (!is_there(resource.path, supply)) continue;
    language.environment.insert(language.environment.end(), resource.environment.begin(),
                                resource.environment.end());
    language.quick_options.insert(language.quick_options.end(), resource.quick_options.begin(),
                                  resource.quick_options.end());
    if (language.quick_compile.empty()) language.quick_compile = resource.quick_compile;
  }
}

}  // namespace

void probe(Languages& languages, const BoxesOf& boxes) {
  for (Languages::Entry& entry : languages.all()) {
    BoxSupply supply(boxes(entry.language), entry.language.image, std::stop_token{});
    Answer answer = ask_candidates(entry.language, supply);
    if (!answer.version.empty()) add_resources(entry.language, supply);
    entry.version = std::move(answer.version);
    entry.problem = std::move(answer.problem);
    log::info("language probed", {
                                     {"language", entry.language.id},
                                     {"version",  entry.version    },
                                     {"problem",  entry.problem    }
    });
  }
}

}  // namespace engine
