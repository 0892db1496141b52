#include "sandbox/image_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>

#include <fcntl.h>
#include <fnmatch.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/os_error.h"

namespace engine::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxEtcFile = 1 << 20;

// Of the host's own root, only programs and what they link to.
constexpr std::array<std::string_view, 9> kHostParts = {
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32", "libexec"};

// Made by us in every image, whatever its root has there.
const std::set<std::string, std::less<>> kMadeParts = {"etc", "dev", "proc", "sys",       "tmp",
                                                       "run", "box", "boot", "lost+found"};

struct MadeFile {
  const char* name;
  const char* content;
};
constexpr MadeFile kEtc[] = {
    {"passwd",
     "root:x:0:0:root:/root:/usr/sbin/nologin\n"
     "user:x:1000:1000:user:/box:/bin/sh\n"
     "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"                            },
    {"group",         "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n"                 },
    {"hosts",         "127.0.0.1 localhost box\n::1 localhost\n"                    },
    {"hostname",      "box\n"                                                       },
    {"host.conf",     "multi on\n"                                                  },
    {"nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n"},
};

struct Device {
  const char* name;
  unsigned minor;  // Of major 1.
};
constexpr Device kDevices[] = {
    {"null",    3},
    {"zero",    5},
    {"full",    7},
    {"random",  8},
    {"urandom", 9}
};

class Builder {
 public:
  Builder(const Image& image, fs::path target) : image_(image), target_(std::move(target)) {}

  Status build() {
    if (::mount("root", target_.c_str(), "tmpfs", MS_NOSUID, "mode=755,size=16m") != 0) {
      return fault("mount its root", errno);
    }
    CHECK_OK(make_places());
    CHECK_OK(make_devices());
    CHECK_OK(make_etc());
    CHECK_OK(show_parts());
    for (const Image::Resource& resource : image_.resources)
      CHECK_OK(show_resource(resource));
    return make_read_only(target_, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME);
  }

 private:
  Error fault(const std::string& what, int error) const {
    return {Errc::kInvalid,
            "image '" + image_.name + "': cannot " + what + ": " +
                std::generic_category().message(error),
            {}};
  }

  Status make_directory(const std::string& name, mode_t mode) {
    const fs::path path = target_ / name;
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fault("make /" + name, errno);
    if (::chmod(path.c_str(), mode) != 0) return fault("make /" + name, errno);
    return Ok{};
  }

  Status make_link(const std::string& name, const fs::path& to) {
    if (::symlink(to.c_str(), (target_ / name).c_str()) == 0 || errno == EEXIST) return Ok{};
    return fault("make /" + name, errno);
  }

  Status make_file(const std::string& name, const std::string& content) {
    std::ofstream out(target_ / name, std::ios::binary);
    out << content;
    out.close();
    if (!out) return fault("write /" + name, EIO);
    if (::chmod((target_ / name).c_str(), 0444) != 0) return fault("write /" + name, errno);
    return Ok{};
  }

  Status make_places() {
    for (const char* name : {"proc", "sys", "etc", "dev", "dev/shm", "tmp", "var", "run", "opt"}) {
      CHECK_OK(make_directory(name, 0755));
    }
    CHECK_OK(make_directory("box", 0755));
    CHECK_OK(make_directory("run/box", 0711));
    return make_link("var/tmp", "/tmp");
  }

  Status make_devices() {
    for (const Device& device : kDevices) {
      const fs::path path = target_ / "dev" / device.name;
      if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, device.minor)) != 0 ||
          ::chmod(path.c_str(), 0666) != 0) {
        return fault("make " + path.string() + " (it takes CAP_MKNOD)", errno);
      }
    }
    CHECK_OK(make_link("dev/fd", "/proc/self/fd"));
    CHECK_OK(make_link("dev/stdin", "/proc/self/fd/0"));
    CHECK_OK(make_link("dev/stdout", "/proc/self/fd/1"));
    return make_link("dev/stderr", "/proc/self/fd/2");
  }

  bool etc_is_shown(const std::string& name) const {
    return std::any_of(image_.etc.begin(), image_.etc.end(), [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
    });
  }

  Status make_etc() {
    for (const MadeFile& file : kEtc) {
      CHECK_OK(make_file(std::string("etc/") + file.name, file.content));
    }
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(fs::path(image_.root) / "etc", ignored)) {
      const std::string name = entry.path().filename();
      if (etc_is_shown(name)) CHECK_OK(copy(entry, "etc/" + name));
    }
    return Ok{};
  }

  // A directory, too: a bind of it would be one more mount to be made and taken away again with
  // every life of a box. What not everybody may read outside is left out.
  Status copy(const fs::directory_entry& from, const std::string& name) {
    std::error_code error;
    const fs::perms readers = from.symlink_status(error).permissions();
    if ((readers & fs::perms::others_read) == fs::perms::none) return Ok{};
    if (from.is_symlink(error) || !from.is_directory(error)) return show(from, name);
    CHECK_OK(make_directory(name, 0755));
    for (const auto& entry : fs::directory_iterator(from.path(), error)) {
      CHECK_OK(copy(entry, name + "/" + entry.path().filename().string()));
    }
    return Ok{};
  }

  Status show_parts() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(image_.root, error)) {
      const std::string name = entry.path().filename();
      const bool shown = image_.root == "/" ? std::find(kHostParts.begin(), kHostParts.end(),
                                                        name) != kHostParts.end()
                                            : !kMadeParts.contains(name);
      if (shown) CHECK_OK(show(entry, name));
    }
    return error ? Status(fault("read " + image_.root, error.value())) : Status(Ok{});
  }

  Status show_resource(const Image::Resource& resource) {
    const fs::path name = fs::path("opt") / fs::path(resource.target).lexically_relative("/opt");
    if (!resource.target.starts_with("/opt/") || name.string().find("..") != std::string::npos) {
      return Error{Errc::kInvalid, "resource '" + resource.target + "': not below /opt", {}};
    }
    std::error_code error;
    fs::create_directories((target_ / name).parent_path(), error);
    return show(fs::directory_entry(resource.source, error), name);
  }

  // A link stays one, a file becomes a copy (a bind of it would stick to today's inode anyway), a
  // directory is bound, and not what a link leads to that somebody puts in its place meanwhile.
  // Anything else is left out.
  Status show(const fs::directory_entry& from, const std::string& name) {
    std::error_code error;
    if (from.is_symlink(error)) return make_link(name, fs::read_symlink(from.path(), error));
    if (from.is_directory(error)) return bind(from.path(), name);
    if (!from.is_regular_file(error)) return Ok{};
    if (from.file_size(error) > kMaxEtcFile) return Ok{};
    std::ifstream in(from.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    return make_file(name, content);
  }

  Status bind(const fs::path& from, const std::string& name) {
    CHECK_OK(make_directory(name, 0755));
    const fs::path to = target_ / name;
    const Fd directory(::open(from.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const std::string opened = "/proc/self/fd/" + std::to_string(directory.get());
    if (!directory.is_open() ||
        ::mount(opened.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      return fault("show " + from.string(), errno);
    }
    return make_read_only(
        to, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME);
  }

  Status make_read_only(const fs::path& path, std::uint64_t attributes) {
    mount_attr change{};
    change.attr_set = attributes;
    if ((attributes & MOUNT_ATTR_NOATIME) != 0) change.attr_clr = MOUNT_ATTR__ATIME;
    change.propagation = MS_PRIVATE;
    if (::syscall(SYS_mount_setattr, AT_FDCWD, path.c_str(), AT_RECURSIVE, &change,
                  sizeof(change)) != 0) {
      return fault("make " + path.string() + " read-only", errno);
    }
    return Ok{};
  }

  const Image& image_;
  fs::path target_;
};

}  // namespace

Status build_image_tree(const Image& image, const std::string& target) {
  return Builder(image, target).build();
}

}  // namespace engine::sandbox
