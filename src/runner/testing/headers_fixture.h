#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing/test_directory.h"
#include "runner/precompiled_headers.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {

using Words = std::vector<std::string>;

inline constexpr char kWhole[] = "// by me\n#include <bits/stdc++.h>\n";
inline constexpr char kSome[] = "#include <map>\n#include <set>\nint main() {}\n";

// Sources of a language with headers, in fake boxes. Every wait is for the thread that makes them,
// so that boxes have one user at a time.
class HeadersTest : public RunnerTest {
 protected:
  HeadersTest() {
    language_ = kNative;
    language_.compile.insert(language_.compile.begin() + 1, "-O2");
    language_.precompile = {"/usr/bin/nh", "-O2", "{options}"};
    submission_.files = {
        {"main.n", kWhole}
    };
    submission_.entry = "main.n";
    made_.taken.push_back({
        .file = {"header.gch", "compiled"}
    });
    boxes().answer = [this](const FakeRun& run) -> Result<sandbox::RunReport> {
      const std::string& program = run.spec.argv[0];
      if (program == "/usr/bin/nh") return made_;
      if (program != "/usr/bin/nc") return sandbox::RunReport{};
      return is_quick(run) ? quick_ : built();
    };
    open();
  }

  void open() {
    headers_ = std::make_unique<PrecompiledHeaders>(
        all_in(boxes()), options_, directory_.path(), Bytes{0},
        [this](const Language&) { return toolchain_; }, clock_);
  }
  static bool is_quick(const FakeRun& run) {
    const Words& argv = run.spec.argv;
    return std::find(argv.begin(), argv.end(), "-Winvalid-pch") != argv.end();
  }

  std::optional<PrecompiledHeaders::Found> find() {
    auto found = headers_->find(language_, make_plan(submission_, language_));
    headers_->settle();
    return found;
  }
  // Makes what the submission begins with.
  void make() {
    for (int i = 0; i < options_.sources; ++i)
      find();
    boxes().runs.clear();
  }
  Result<Execution> compile() {
    const auto runner = make_runner(all_in(boxes()), clock_, {.headers = headers_.get()});
    auto execution = runner->run(submission_, language_, listener_, spare_, {});
    headers_->settle();
    return execution;
  }
  Words programs() {
    Words all;
    for (const FakeRun& run : boxes().runs)
      all.push_back(run.spec.argv[0] + (is_quick(run) ? " quick" : ""));
    return all;
  }
  std::filesystem::path the_set() const {
    return std::filesystem::directory_iterator(directory_.path())->path();
  }

  TestDirectory directory_;
  Language language_;
  QuickOptions options_{.mode = CompileMode::kExact, .rest = 0, .limits = {.memory = 3_GiB}};
  std::string toolchain_ = "nc 1";
  sandbox::RunReport made_;
  sandbox::RunReport quick_ = built();
  std::unique_ptr<PrecompiledHeaders> headers_;
};

}  // namespace engine::testing
