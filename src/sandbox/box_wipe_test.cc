#include <gtest/gtest.h>

#include "sandbox/cgroup_detect.h"
#include "sandbox/native_test.h"

// Where little was left, files are removed one by one; where much was, or something else than
// files, the whole file system is replaced. Nobody can tell the one from the other.
namespace engine::sandbox {
namespace {

// All that there is to be seen of the writable directories, but for times; then when they were
// made, which tells whether they are others.
constexpr char kLook[] = R"(
import fcntl, os, subprocess
for name in ('/box', '/tmp', '/dev/shm'):
    status, space = os.stat(name), os.statvfs(name)
    directory = os.open(name, os.O_RDONLY)
    try: flags = fcntl.ioctl(directory, 0x80086601, bytes(8))
    except OSError: flags = None
    print(os.listdir(name), oct(status.st_mode), status.st_uid, status.st_gid, status.st_nlink,
          status.st_size, os.listxattr(name), flags)
    print(space.f_blocks, space.f_bfree, space.f_files, space.f_ffree)
print(subprocess.run(['stat', '-c', '%w', '/box', '/tmp', '/dev/shm'], capture_output=True).stdout)
)";

struct Litter {
  const char* name;
  const char* program;
  bool is_replaced;
};

class Wipe : public NativeTest {
 protected:
  struct View {
    std::string state;
    std::string made;
  };

  static RunReport run_python(Box& box, const char* program) {
    RunSpec spec = python(program);
    spec.limits.disk = 8_MiB;
    auto report = box.run(spec);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *std::move(report) : RunReport{};
  }

  static View look(Box& box) {
    const std::string text = run_python(box, kLook).stdout_text;
    const std::size_t last = text.rfind('\n', text.size() - 2);
    EXPECT_NE(last, std::string::npos) << text;
    return {text.substr(0, last), text.substr(last)};
  }
};

class BoxWipe : public Wipe, public ::testing::WithParamInterface<Litter> {};

TEST_P(BoxWipe, LeavesAllAsNew) {
  auto box = boxes().acquire("host");
  ASSERT_TRUE(box);
  const View before = look(**box);
  const RunReport litter = run_python(**box, GetParam().program);
  EXPECT_EQ(litter.stderr_text, "");
  const View after = look(**box);
  EXPECT_EQ(after.state, before.state);
  const auto hierarchies = detect_hierarchies();
  ASSERT_TRUE(hierarchies) << hierarchies.error().message;
  const bool begins_anew = hierarchies->mode == CgroupMode::kV2;  // Whatever was left.
  EXPECT_EQ(after.made != before.made, GetParam().is_replaced || begins_anew);
}

constexpr Litter kLitters[] = {
    {"nothing",     "",                                                                      false},
    {"files",
     "import os\n"
     "for d in ('/box', '/tmp', '/dev/shm'): open(d + '/.f', 'w').write('x' * 100_000)\n"
     "os.link('/box/.f', '/box/again'); os.symlink('/etc', '/box/link'); os.mkfifo('/tmp/p')\n"
     "import socket; socket.socket(socket.AF_UNIX).bind('/tmp/s')",                          false},
    {"files_gone",  "import os\nopen('/box/f', 'w'); os.remove('/box/f')",                   false},
    {"full",        "try: open('/tmp/f', 'wb').write(bytes(9 << 20))\nexcept OSError: pass", false},
    {"directory",   "import os\nos.mkdir('/tmp/d')",                                         true },
    {"many",        "for i in range(40): open(f'/box/{i}', 'w')",                            true },
    {"mode",        "import os\nos.chmod('/box', 0o700)",                                    true },
    {"unreadable",  "import os\nopen('/box/f', 'w'); os.chmod('/box', 0)",                   true },
    {"default_acl",
     "import os, struct\n"
     "entries = ((1, 7), (4, 5), (32, 5))\n"
     "os.setxattr('/box', 'system.posix_acl_default', struct.pack('<I', 2) +\n"
     "            b''.join(struct.pack('<HHi', tag, mode, -1) for tag, mode in entries))",   true },
};
INSTANTIATE_TEST_SUITE_P(Litter, BoxWipe, ::testing::ValuesIn(kLitters),
                         [](const auto& test) -> std::string { return test.param.name; });

// What some kernels do not know of a directory.
TEST_F(Wipe, LeavesNoAttributes) {
  auto box = boxes().acquire("host");
  ASSERT_TRUE(box);
  const View before = look(**box);
  run_python(**box,
             "import fcntl, os, struct\n"
             "try: os.setxattr('/box', 'user.left', b'x')\nexcept OSError: pass");
  EXPECT_EQ(look(**box).state, before.state);
  run_python(**box,
             "import fcntl, os, struct\n"
             "try: fcntl.ioctl(os.open('/box', 0), 0x40086602, struct.pack('l', 0x40))\n"
             "except OSError: pass");
  EXPECT_EQ(look(**box).state, before.state);
}

}  // namespace
}  // namespace engine::sandbox
