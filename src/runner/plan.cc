#include "runner/plan.h"

#include <algorithm>
#include <utility>

#include "language/command.h"
#include "language/java_class.h"
#include "runner/box_limits.h"

namespace engine {
namespace {

// Later assignments replace earlier ones, as getenv() in the box would find the first.
std::vector<std::string> environment_of(const Language& language) {
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                          "HOME=" + std::string(sandbox::kWorkDirectory),
                                          "LANG=C.UTF-8", "TMPDIR=/tmp"};
  for (const std::string& assignment : language.environment) {
    const std::string name = assignment.substr(0, assignment.find('=') + 1);
    std::erase_if(environment, [&](const std::string& other) { return other.starts_with(name); });
    environment.push_back(assignment);
  }
  return environment;
}

// The client's files under the names that they have in the box.
struct Sources {
  std::vector<SourceFile> files;
  std::string entry;

  std::string_view text_of_entry() const {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const SourceFile& file) { return file.name == entry; });
    return found == files.end() ? std::string_view{} : std::string_view(found->content);
  }
};

Sources sources_of(const Submission& submission, const Language& language) {
  Sources sources{submission.files, submission.entry};
  if (sources.files.size() != 1) return sources;
  SourceFile& lone = sources.files.front();
  if (!language.source_from.empty() || !is_source(language, lone.name)) {
    lone.name = source_name(language, lone.content);
    sources.entry = lone.name;
  }
  return sources;
}

CommandInputs inputs_of(const Sources& sources, const Submission& submission,
                        const Language& language) {
  CommandInputs inputs{.entry = sources.entry, .options = submission.options};
  for (const SourceFile& file : sources.files) {
    if (file.name == sources.entry || is_source(language, file.name)) {
      inputs.sources.push_back(file.name);
    }
  }
  return inputs;
}

std::vector<sandbox::File> kept_of(const Sources& sources, const Language& language) {
  std::vector<sandbox::File> kept;
  for (const SourceFile& file : sources.files) {
    const bool is_code = file.name == sources.entry || is_source(language, file.name);
    if (language.keep_sources || !is_code) kept.push_back({file.name, file.content});
  }
  return kept;
}

std::shared_ptr<const sandbox::FileSet> file_set_of(std::vector<SourceFile> files) {
  std::vector<sandbox::File> set;
  set.reserve(files.size());
  for (SourceFile& file : files)
    set.push_back({std::move(file.name), std::move(file.content)});
  return sandbox::FileSet::make(std::move(set));
}

}  // namespace

Plan make_plan(const Submission& submission, const Language& language) {
  Sources sources = sources_of(submission, language);
  CommandInputs inputs = inputs_of(sources, submission, language);
  std::string main_class;
  if (language.source_from == "java-class") {
    main_class = find_java_class(sources.text_of_entry()).main_class;
    inputs.main_class = main_class;
  }

  Plan plan{.image = language.image, .environment = environment_of(language)};
  inputs.memory = submission.compile_limits.memory;
  plan.compile = expand(language, language.compile, inputs);
  plan.quick_compile = expand(language, language.quick_compile, inputs);
  plan.precompile = expand(language, language.precompile, inputs);
  plan.units = inputs.sources;
  plan.check = expand(language, language.check, inputs);
  inputs.memory = submission.limits.memory;
  plan.run = expand(language, language.run, inputs);
  plan.run.insert(plan.run.end(), submission.args.begin(), submission.args.end());

  plan.compile_limits = box_limits(submission.compile_limits);
  plan.run_limits = box_limits(submission.limits);
  if (!plan.compile.empty()) plan.kept = kept_of(sources, language);
  plan.sources = file_set_of(std::move(sources.files));
  return plan;
}

sandbox::RunSpec version_spec(const Language& language) {
  sandbox::RunSpec spec;
  spec.argv = expand(language, language.version_command, {});
  spec.environment = environment_of(language);
  spec.limits = {.memory = 512_MiB, .output = 64_KiB};
  return spec;
}

}  // namespace engine
