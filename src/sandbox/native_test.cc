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

constexpr char kNativeParent[] = "execution-engine-test";

std::unique_ptr<Boxes> shared_boxes;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

NativeOptions test_options(Reuse reuse) {
  NativeOptions options;
  options.reuse = reuse;
  options.cgroup_parent = kNativeParent;
  options.ceiling.memory = 1_GiB;
  options.ceiling.processes = 256;
  return options;
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

void limit_memory_of(const std::string& parent, Bytes limit) {
  const fs::path root = "/sys/fs/cgroup";
  const fs::path v1 = root / "memory" / parent / "memory.limit_in_bytes";
  const fs::path file = fs::exists(v1) ? v1 : root / parent / "memory.max";
  std::ofstream out(file);
  out << limit.count << std::flush;
  EXPECT_TRUE(out) << file;
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
