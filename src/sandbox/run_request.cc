#include "sandbox/run_request.h"

#include <chrono>
#include <cstdint>

namespace engine::sandbox {
namespace {

// Enough for what runtimes open, far from what would hurt the host.
constexpr std::uint64_t kDescriptors = 1'024;

std::uint64_t backstop_seconds(Microseconds cpu_time) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(cpu_time).count() + 1);
}

}  // namespace

wire::RunRequest make_run_request(const RunSpec& spec) {
  wire::RunRequest request;
  request.argc = static_cast<std::uint32_t>(spec.argv.size());
  request.envc = static_cast<std::uint32_t>(spec.environment.size());
  request.cpu_seconds = backstop_seconds(spec.limits.cpu_time);
  request.stack = static_cast<std::uint64_t>(spec.limits.stack.count);
  request.file = static_cast<std::uint64_t>(spec.limits.file.count);
  request.descriptors = kDescriptors;
  return request;
}

std::string join(const std::vector<std::string>& strings) {
  std::string all;
  for (const std::string& one : strings)
    all.append(one).push_back('\0');
  return all;
}

}  // namespace engine::sandbox
