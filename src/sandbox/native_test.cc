#include "sandbox/native_test.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "sandbox/box_process.h"
#include "sandbox/instance.h"

namespace engine::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr char kParent[] = "execution-engine-test";

std::unique_ptr<Boxes> shared_boxes;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

RunSpec command(std::vector<std::string> argv) {
  RunSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.limits.cpu_time = Microseconds{60'000'000};
  spec.limits.wall_time = Microseconds{120'000'000};
  return spec;
}

}  // namespace

NativeOptions test_options(Reuse reuse) {
  NativeOptions options;
  options.reuse = reuse;
  options.cgroup_parent = kParent;
  options.ceiling.memory = 1_GiB;
  options.ceiling.processes = 256;
  return options;
}

Microseconds scaled(Microseconds time) {
  return std::getenv("CGROUP2_VM") == nullptr ? time : time * 30;  // NOLINT: one thread
}

RunLimits small_limits() {
  RunLimits limits;
  limits.cpu_time = scaled(Microseconds{1'500'000});
  limits.wall_time = scaled(Microseconds{3'000'000});
  limits.memory = 128_MiB;
  limits.processes = 32;
  limits.output = 64_KiB;
  limits.disk = 16_MiB;
  limits.files = 1'000;
  return limits;
}

std::shared_ptr<const FileSet> hostile_program(const std::string& name) {
  const fs::path source = fs::path(ENGINE_SOURCE_DIR) / "tests/hostile/programs" / name;
  const bool is_compiled = source.extension() == ".c";
  const fs::path program = is_compiled ? fs::path(ENGINE_HOSTILE_PROGRAMS) / source.stem() : source;
  if (!fs::exists(program)) return nullptr;
  return FileSet::make({
      {"program", read_file(program), true}
  });
}

RunSpec shell(const std::string& script) {
  return command({"/bin/sh", "-c", script});
}

RunSpec python(const std::string& program) {
  return command({"/usr/bin/python3", "-S", "-c", program});
}

std::string cgroups_left(const std::string& parent) {
  std::string found;
  std::error_code ignored;
  for (const auto& hierarchy : fs::directory_iterator("/sys/fs/cgroup", ignored)) {
    const fs::path path = hierarchy.path() / parent;
    if (fs::exists(path, ignored)) found += path.string() + " ";
  }
  if (fs::exists(fs::path("/sys/fs/cgroup") / parent, ignored)) found += "/sys/fs/cgroup";
  return found;
}

std::string processes_left(unsigned first) {
  std::string found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
    // Not its owner, which is root for what may not be traced.
    const std::string text = read_file(entry.path() / "status");
    const auto at = text.find("\nUid:\t");
    if (at == std::string::npos) continue;
    const unsigned long user = std::strtoul(text.c_str() + at + 6, nullptr, 10);
    if (user >= first && user - first < kMaxBoxes * kIdsPerBox) found += name + " ";
  }
  return found;
}

std::unique_ptr<Boxes> make_boxes(const NativeOptions& options) {
  auto manager = Manager::fork(options);
  if (!manager) throw std::runtime_error(manager.error().message);
  auto made = make_native_boxes(*std::move(manager), options);
  if (!made) throw std::runtime_error(made.error().message);
  return *std::move(made);
}

RunReport run_in(Boxes& boxes, const std::string& image, const RunSpec& spec) {
  auto box = boxes.acquire(image);
  if (!box) throw std::runtime_error(box.error().message);
  auto report = (*box)->run(spec);
  if (!report) throw std::runtime_error(report.error().message);
  return *std::move(report);
}

void NativeTest::TearDownTestSuite() {
  shared_boxes.reset();
}

void NativeTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "native boxes need root";
}

Boxes& NativeTest::boxes() {
  if (shared_boxes == nullptr) shared_boxes = make_boxes(test_options());
  return *shared_boxes;
}

RunReport NativeTest::run(const RunSpec& spec) {
  return run_in(boxes(), "host", spec);
}

}  // namespace engine::sandbox
