#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "sandbox/native_test.h"

// What foreign code sees and reaches.
namespace engine::sandbox {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class BoxIsolation : public NativeTest {
 protected:
  static std::string output_of(const RunSpec& spec) {
    const RunReport report = run(spec);
    EXPECT_EQ(report.stderr_text, "");
    return report.stdout_text;
  }
};

TEST_F(BoxIsolation, ShowsNothingOfTheHost) {
  EXPECT_EQ(output_of(shell("ls / | tr '\\n' ' '; hostname; pwd; id -u; id -g; id -G")),
            output_of(shell("ls / | tr '\\n' ' '")) + "box\n/box\n1000\n1000\n1000\n");
  EXPECT_THAT(output_of(shell("ls /")), Not(HasSubstr("home")));
  EXPECT_EQ(output_of(shell("ls -A /opt /run /sys /tmp /dev/shm /box /var/tmp")),
            "/box:\n\n/dev/shm:\n\n/opt:\n\n/run:\nbox\n\n/sys:\n\n/tmp:\n\n/var/tmp:\n");
  EXPECT_EQ(output_of(shell("ls /dev | tr '\\n' ' '")),
            "fd full null random shm stderr stdin stdout urandom zero ");
  EXPECT_EQ(output_of(shell("cat /proc/self/cgroup | cut -d: -f3 | sort -u")), "/\n");
}

TEST_F(BoxIsolation, HidesSecretFiles) {
  for (const char* path :
       {"/etc/shadow", "/root", "/home", "/proc/sys", "/proc/kcore", "/proc/1/environ",
        "/sys/kernel", "/run/execution-engine", "/etc/ssl/private"}) {
    EXPECT_EQ(output_of(shell(std::string("[ -e ") + path + " ] || echo absent")), "absent\n")
        << path;
  }
}

TEST_F(BoxIsolation, ShowsItsOwnProcessesOnly) {
  const std::string listing = output_of(shell("cd /proc && ls -d [0-9]* | wc -l"));
  EXPECT_LE(std::stoi(listing), 3);  // The shell, ls, wc.
}

TEST_F(BoxIsolation, LeavesNoCapabilityToBeHad) {
  EXPECT_EQ(output_of(shell("grep -E 'Cap(Inh|Bnd)' /proc/self/status | tr -d '\\t\\n'")),
            "CapInh:0000000000000000CapBnd:0000000000000000");
}

TEST_F(BoxIsolation, GivesNoPowerToSetUserIdPrograms) {
  EXPECT_EQ(output_of(shell("su -c id 2>/dev/null </dev/null; mount -t tmpfs x /tmp 2>/dev/null; "
                            "grep -c 'tmpfs x' /proc/self/mountinfo; true")),
            "0\n");
}

TEST_F(BoxIsolation, RunsTheMachinesLanguages) {
  EXPECT_EQ(output_of(python("print(sum(range(10)))")), "45\n");
  RunSpec c = shell("gcc -o p p.c && ./p");
  c.files = FileSet::make({
      {"p.c", "#include <stdio.h>\nint main(void) { puts(\"compiled\"); }\n", false}
  });
  c.limits.cpu_time = c.limits.wall_time = scaled(Microseconds{60'000'000});
  EXPECT_EQ(output_of(c), "compiled\n");
}

TEST_F(BoxIsolation, ShowsResourcesReadOnly) {
  NativeOptions options = test_options();
  options.instance = "resources";
  options.images[0].resources = {
      {std::string(ENGINE_SOURCE_DIR) + "/tests/hostile", "/opt/shown"},
      {"/no/such/cache",                                  "/opt/gone" }
  };
  const auto boxes = make_boxes(options);
  EXPECT_EQ(run_in(*boxes, "host", shell("ls /opt; ls /opt/shown")).stdout_text,
            "shown\nprograms\n");
  EXPECT_NE(run_in(*boxes, "host", shell("touch /opt/shown/x")).exit_code, 0);
}

// A root of its own: a shell, what it is linked with, and a file that the host does not have.
class SmallRoot {
 public:
  SmallRoot() : path_(fs::temp_directory_path() / ("small-root-" + std::to_string(::getpid()))) {
    copy("/usr/bin/dash", "usr/bin/sh");
    copy("/lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2");
    copy("/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6");
    for (const char* name : {"bin", "lib", "lib64"})
      fs::create_directory_symlink(fs::path("usr") / name, path_ / name);
    std::ofstream(path_ / "usr/marker") << "small\n";
  }
  ~SmallRoot() { fs::remove_all(path_); }

  const fs::path& path() const { return path_; }

 private:
  void copy(const fs::path& from, const fs::path& to) const {
    fs::create_directories((path_ / to).parent_path());
    fs::copy_file(from, path_ / to);
  }
  fs::path path_;
};

TEST_F(BoxIsolation, ShowsEachLanguageItsImage) {
  const SmallRoot root;
  NativeOptions options = test_options();
  options.instance = "images";
  options.images.push_back({.name = "small", .root = root.path()});
  const auto boxes = make_boxes(options);
  const RunSpec marker = shell("read word < /usr/marker && echo $word");
  EXPECT_EQ(run_in(*boxes, "small", marker).stdout_text, "small\n");
  EXPECT_EQ(run_in(*boxes, "small", python("")).start_errno, ENOENT);
  EXPECT_NE(run_in(*boxes, "host", marker).exit_code, 0);
  EXPECT_EQ(boxes->acquire("unknown").error().code, Errc::kInvalid);
}

TEST_F(BoxIsolation, StrictProfileHasNoLocks) {
  NativeOptions options = test_options();
  options.instance = "strict";
  const RunSpec lock = python(
      "import fcntl\n"
      "try: fcntl.flock(open('/usr/bin/env'), fcntl.LOCK_SH); print('locked')\n"
      "except PermissionError: print('refused')");
  EXPECT_EQ(output_of(lock), "locked\n");
  options.strict_seccomp = true;
  EXPECT_EQ(run_in(*make_boxes(options), "host", lock).stdout_text, "refused\n");
}

TEST_F(BoxIsolation, RefusesImagesThatCannotBeShown) {
  NativeOptions options = test_options();
  options.instance = "absent";
  options.images[0].root = "/no/such/root";
  const auto absent = Manager::fork(options);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Errc::kInvalid);
  EXPECT_THAT(absent.error().message, HasSubstr("/no/such/root"));
  options.images = {Image{}};
  options.images[0].resources = {
      {"/usr", "/etc/usr"}
  };
  EXPECT_THAT(Manager::fork(options).error().message, HasSubstr("not below /opt"));
}

}  // namespace
}  // namespace engine::sandbox
