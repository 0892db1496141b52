#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <toml++/toml.h>

#include "runner/artefact_cache.h"
#include "runner/plan.h"
#include "runner/testing/corpus.h"
#include "runner/testing/runner_fixture.h"

// What tests share that hold a quick way to compile to the plain one, over a corpus.
namespace engine::testing {

struct CorpusProgram {
  std::string name;
  Submission submission;
  bool is_plain = false;  // The quick way leaves it to the plain one.
};

// The files of this extension, and the directories; manifest.toml says with which options, and what
// is plain. `make` has the submission of a path.
template <typename Make>
std::vector<CorpusProgram> read_corpus(const std::filesystem::path& directory,
                                       const std::string& extension, const Make& make) {
  const toml::table manifest = toml::parse_file((directory / "manifest.toml").string());
  std::vector<CorpusProgram> programs;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (!entry.is_directory() && entry.path().extension() != extension) continue;
    CorpusProgram& program = programs.emplace_back();
    program.name = entry.path().stem();
    program.submission = make(entry.path());
    const auto said = manifest[program.name];
    program.is_plain = said["plain"].value_or(false);
    if (const auto* options = said["options"].as_array()) {
      for (const auto& option : *options)
        program.submission.options.push_back(option.value_or(std::string()));
    }
  }
  return programs;
}

// What a compile and the run came to.
struct Compilation {
  Outcome outcome;
  std::shared_ptr<const Compiled> compiled;  // nullptr: it is not one that the cache keeps.
};

// A way to compile, with what it compiled.
class CompileWay {
 public:
  // `directory`: its own.
  CompileWay(sandbox::Boxes& boxes, const std::string& directory, Shortcuts shortcuts)
      : cache_(
            {}, directory, Bytes{0}, [directory](const Language&) { return directory; },
            system_clock()) {
    shortcuts.cache = &cache_;
    runner_ = make_runner(all_in(boxes), system_clock(), shortcuts);
  }

  Compilation run(const Submission& submission, const Language& language) {
    Listener listener;
    NoSpareSlots spare;
    auto execution = runner_->run(submission, language, listener, spare, {});
    EXPECT_TRUE(execution) << execution.error().message;
    if (!execution) return {};
    const std::string key = cache_.key(submission, language, make_plan(submission, language));
    return {std::move(execution->outcome), cache_.find(key)};
  }

 private:
  ArtefactCache cache_;
  std::unique_ptr<Runner> runner_;
};

// `shape`: a file's content without what may differ.
template <typename Shape>
void expect_same(const std::string& name, const Compilation& plain, const Compilation& quick,
                 const Shape& shape) {
  EXPECT_EQ(to_string(quick.outcome.verdict), to_string(plain.outcome.verdict)) << name;
  ASSERT_TRUE(plain.outcome.compile && quick.outcome.compile) << name;
  EXPECT_EQ(quick.outcome.compile->exit_code, plain.outcome.compile->exit_code) << name;
  EXPECT_EQ(quick.outcome.compile->output.head, plain.outcome.compile->output.head) << name;
  ASSERT_EQ(quick.compiled != nullptr, plain.compiled != nullptr) << name;
  if (plain.compiled == nullptr) return;
  ASSERT_EQ(is_program(*quick.compiled), is_program(*plain.compiled)) << name;
  if (!is_program(*plain.compiled)) return;
  const auto& files = plain.compiled->files->files();
  const auto& others = quick.compiled->files->files();
  ASSERT_EQ(others.size(), files.size()) << name;
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(others[i].name, files[i].name) << name;
    EXPECT_TRUE(shape(others[i].content) == shape(files[i].content))
        << name << ": " << files[i].name;
    EXPECT_EQ(others[i].executable, files[i].executable) << name << ": " << files[i].name;
  }
  ASSERT_EQ(quick.outcome.runs.size(), plain.outcome.runs.size()) << name;
  EXPECT_EQ(quick.outcome.runs[0].exit_code, plain.outcome.runs[0].exit_code) << name;
  EXPECT_EQ(quick.outcome.runs[0].stdout_text.head, plain.outcome.runs[0].stdout_text.head) << name;
}

}  // namespace engine::testing
