#include "runner/quick_compile.h"

#include <algorithm>
#include <iterator>
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

// In a line of which a compiler says what it finds. After "In function" and the like more follows.
constexpr std::string_view kFindings[] = {"warning: ", "error: ", "note: "};

bool is_finding(std::string_view line) {
  return std::any_of(std::begin(kFindings), std::end(kFindings), [&](std::string_view word) {
    return line.find(word) != std::string_view::npos;
  });
}

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
  if (report.end != End::kExited && report.end != End::kStopped) return Use::kInVain;
  const bool ended_well = report.end == End::kExited && report.exit_code == 0;
  if (ended_well && report.log.empty() && left_all(report)) return Use::kCounts;
  const bool is_refused = says(report, kNotThere) || says(report, "[-Winvalid-pch]") ||
                          says(report, "[-Wmissing-include-dirs]") ||
                          says(report, "-Werror=invalid-pch]");
  return is_refused ? Use::kRefused : Use::kInVain;
}

// Whole lines only: where headers are refused, the end of the line says so.
void QuietForwarder::on_output(sandbox::Stream stream, std::string_view bytes) {
  if (stream != sandbox::Stream::kStderr || over_.stop_requested()) return;
  for (std::size_t end = 0; (end = bytes.find('\n')) != std::string_view::npos;
       bytes.remove_prefix(end + 1)) {
    line_.append(bytes.substr(0, end));
    if (is_finding(line_)) {
      over_.request_stop();
      return;
    }
    line_.clear();
  }
  line_.append(bytes);
}

}  // namespace engine
