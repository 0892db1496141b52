#include "runner/quick_compile.h"

#include <algorithm>
#include <string>

namespace engine {
namespace {

using sandbox::End;
using sandbox::RunReport;
using sandbox::RunSpec;
using Use = PrecompiledHeaders::Use;

// By these the compiler says where headers were not used or not there; without them it would read
// the plain ones, and take its time.
constexpr std::string_view kToldOff[] = {"-Winvalid-pch", "-Wmissing-include-dirs"};
constexpr std::string_view kNotThere = "preamble.h: No such file";

bool says(const RunReport& report, std::string_view what) {
  return report.log.find(what) != std::string::npos;
}

bool left_all(const RunReport& report) {
  return !report.taken.empty() &&
         std::all_of(report.taken.begin(), report.taken.end(),
                     [](const sandbox::TakenFile& taken) { return taken.problem.empty(); });
}

}  // namespace

RunSpec quick_spec(RunSpec plain, const PrecompiledHeaders::Found& found) {
  auto place = plain.argv.begin() + 1;
  for (const std::string_view option : kToldOff)
    place = plain.argv.insert(place, std::string(option)) + 1;
  plain.argv.insert(place, found.arguments.begin(), found.arguments.end());
  return plain;
}

Use use_of(const RunReport& report) {
  if (report.end == End::kCpuTime) return Use::kCounts;
  if (report.end != End::kExited) return Use::kInVain;
  if (report.exit_code == 0 && report.log.empty() && left_all(report)) return Use::kCounts;
  const bool is_refused = says(report, kNotThere) || says(report, "[-Winvalid-pch]") ||
                          says(report, "[-Wmissing-include-dirs]") ||
                          says(report, "-Werror=invalid-pch]");
  return is_refused ? Use::kRefused : Use::kInVain;
}

}  // namespace engine
