#include <algorithm>
#include <utility>

#include "sandbox/freezer/embedded.h"
#include "sandbox/frozen.h"

namespace engine::sandbox {
namespace {

// As in freezer/python.cc.
constexpr char kFrozenFile[] = "frozen";
constexpr char kPagesFile[] = "pages";

constexpr char kPreloadFile[] = "preload";

constexpr char kLibrary[] = "python-freezer.so";
// In the place of a program's name; the freezer looks for it in the interpreter.
constexpr char kPlaceholder[] = "frozen program.py";
constexpr Milliseconds kFreezingTime{30'000};

RunSpec freezing_spec(const Freezing& freezing) {
  const std::span<const char> library = python_freezer();
  RunSpec spec;
  spec.argv = freezing.argv;
  spec.argv.emplace_back(kPlaceholder);
  spec.environment = freezing.environment;
  spec.environment.push_back("LD_PRELOAD=" + std::string(kWorkDirectory) + "/" + kLibrary);
  std::string names;
  for (const std::string& module : freezing.preload)
    names += module + "\n";
  spec.files = FileSet::make({
      {kLibrary, std::string(library.data(), library.size()), true},
      {kPreloadFile, names, false}
  });
  spec.limits.cpu_time = spec.limits.wall_time = kFreezingTime;
  spec.limits.stack = freezing.stack;
  spec.limits.memory = spec.limits.memory + freezing.memory;
  spec.limits.file = freezing.memory;
  spec.limits.disk = freezing.memory + 1_MiB;
  spec.take = {kFrozenFile};
  return spec;
}

// What has an interpreter end at full length: nobody knows what a generator would do at its end.
constexpr char kGenerator[] = "left = (one for one in (1, 2))\nnext(left)\n";

// A program that does no more than import what is preloaded and what `rest` says, of which the
// freezer's library reports the pages where it was thawed.
RunSpec empty_spec(const Freezing& freezing, const std::string& rest = {}) {
  RunSpec spec;
  spec.argv = freezing.argv;
  spec.argv.emplace_back(kPlaceholder);
  spec.environment = freezing.environment;
  std::string program;
  for (const std::string& module : freezing.preload)
    program += "import " + module + "\n";
  spec.files = FileSet::make({
      {kPlaceholder, program + rest, false}
  });
  spec.take = {kPagesFile};
  return spec;
}

Error failed(const std::string& step, const RunReport& report) {
  return {Errc::kUnavailable, step + ": " + report.log.substr(0, 200), {}};
}

bool ended_well(const RunReport& report) {
  return report.end == End::kExited && report.exit_code == 0;
}

Result<std::string> file_of(const std::string& step, const RunReport& report) {
  if (!ended_well(report) || report.taken.size() != 1 || !report.taken[0].problem.empty()) {
    return failed(step, report);
  }
  return report.taken[0].file.content;
}

}  // namespace

Result<std::shared_ptr<const Frozen>> freeze_python(Box& box, const Freezing& freezing) {
  TRY(const RunReport frozen, box.run(freezing_spec(freezing)));
  TRY(const std::string written, file_of("freeze", frozen));
  RunSpec empty = empty_spec(freezing);
  TRY(const RunReport fresh, box.run(empty));
  if (!ended_well(fresh)) return failed("start", fresh);
  TRY(empty.frozen, Frozen::make(written, {}, Bytes{0}));
  TRY(const RunReport first, box.run(empty));
  TRY(const std::string always, file_of("thaw", first));
  RunSpec slow = empty_spec(freezing, kGenerator);
  slow.frozen = empty.frozen;
  TRY(const RunReport at_length, box.run(slow));
  TRY(const std::string at_full_length, file_of("end", at_length));
  const FrozenPages pages{.always = always, .at_full_length = at_full_length};
  TRY(empty.frozen, Frozen::make(written, pages, Bytes{0}));
  TRY(const RunReport second, box.run(empty));
  if (!ended_well(second) || !second.thawed) return failed("thaw", second);
  return Frozen::make(written, pages, std::max(fresh.memory - second.memory, Bytes{0}));
}

}  // namespace engine::sandbox
