#include "app/privileges.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <cap-ng.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace engine::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrivateDataDirectory = "/run/execution-engine/data";

Error failed(const std::string& what, int error = errno) {
  return {Errc::kInvalid, what + ": " + std::generic_category().message(error)};
}

// Never follows a link: what lies in the directory was made by an unprivileged process.
Status give_to(const fs::path& path, const Account& account) {
  if (::lchown(path.c_str(), account.uid, account.gid) != 0)
    return failed("chown " + path.string());
  std::error_code ec;
  if (fs::symlink_status(path, ec).type() != fs::file_type::directory) return Ok{};
  for (const auto& entry : fs::directory_iterator(path, ec)) {
    CHECK_OK(give_to(entry.path(), account));
  }
  if (ec) return failed("read " + path.string(), ec.value());
  return Ok{};
}

// True when `account` may search every directory above `path`, and `path` itself.
Result<bool> reachable(const fs::path& path, const Account& account) {
  if (::setegid(account.gid) != 0 || ::seteuid(account.uid) != 0) return failed("seteuid");
  const bool open = ::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0;
  if (::seteuid(0) != 0 || ::setegid(0) != 0) return failed("seteuid back to root");
  return open;
}

Result<std::string> bind_privately(const fs::path& path) {
  std::error_code ec;
  fs::create_directories(kPrivateDataDirectory, ec);
  if (ec) return failed(std::string("make ") + kPrivateDataDirectory, ec.value());
  if (::unshare(CLONE_NEWNS) != 0) return failed("a mount namespace for the data directory");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return failed("make the mounts private");
  }
  if (::mount(path.c_str(), kPrivateDataDirectory, nullptr, MS_BIND, nullptr) != 0) {
    return failed("bind " + path.string());
  }
  return std::string(kPrivateDataDirectory);
}

// Not by libcap-ng, which leaves the set as it is and says nothing where the right is missing.
Status empty_bounding_set() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 &&
        ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return failed("empty the capability bounding set (it takes CAP_SETPCAP)");
    }
  }
  return Ok{};
}

}  // namespace

Result<std::optional<Account>> account_to_become(const std::string& user) {
  if (::geteuid() != 0 || user == "root") return std::optional<Account>{};
  // Single-threaded at this point, so the static buffer of getpwnam is ours.
  const passwd* entry = ::getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (entry == nullptr) {
    return Error{Errc::kInvalid, "there is no user '" + user +
                                     "' to run as; make one with: useradd --system " +
                                     "--no-create-home --shell /usr/sbin/nologin " + user +
                                     ", or name another as `user` in the configuration"};
  }
  return std::optional<Account>(Account{user, entry->pw_uid, entry->pw_gid, {}});
}

Result<std::string> prepare_data_directory(const std::string& path,
                                           const std::optional<Account>& account) {
  std::error_code ec;
  const fs::path directory = fs::absolute(path, ec);
  fs::create_directories(directory / "outputs", ec);
  if (ec) return failed("data directory " + directory.string(), ec.value());
  if (!account) return directory.string();

  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) return failed("stat " + directory.string());
  struct stat outputs{};
  if (::stat((directory / "outputs").c_str(), &outputs) != 0) return failed("stat outputs");
  if (status.st_uid != account->uid || outputs.st_uid != account->uid) {
    CHECK_OK(give_to(directory, *account));
    for (const fs::path& closed : {directory, directory / "outputs"}) {
      if (::chmod(closed.c_str(), 0700) != 0) return failed("chmod " + closed.string());
    }
  }
  TRY(const bool open, reachable(directory, *account));
  if (open) return directory.string();
  return bind_privately(directory);
}

// What lies in the data directory is the account's to change: nothing of it is followed.
Status prepare_shown_directory(const std::string& data, const std::string& name,
                               const std::optional<Account>& account) {
  const std::string path = data + "/" + name;
  if (::mkdir(path.c_str(), 0711) != 0 && errno != EEXIST) return failed("make " + path);
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open()) return failed("open " + path);
  if (account && ::fchown(directory.get(), account->uid, account->gid) != 0) {
    return failed("give away " + path);
  }
  if (::fchmod(directory.get(), 0711) != 0) return failed("open " + path + " to boxes");
  return Ok{};
}

Status become(const Account& account) {
  if (::setgroups(account.groups.size(), account.groups.data()) != 0) return failed("setgroups");
  if (::setresgid(account.gid, account.gid, account.gid) != 0) return failed("setresgid");
  CHECK_OK(empty_bounding_set());
  if (::setresuid(account.uid, account.uid, account.uid) != 0) return failed("setresuid");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  capng_clear(CAPNG_SELECT_CAPS);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return failed("drop capabilities");
  if (::setuid(0) == 0) return Error{Errc::kInternal, "root could be had back after the drop"};
  return Ok{};
}

}  // namespace engine::app
