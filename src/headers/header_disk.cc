#include "headers/header_disk.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/key_text.h"
#include "base/log.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".part";
constexpr std::string_view kCompiled = ".gch";
constexpr std::string_view kDigest = "/digest";
constexpr std::int64_t kLargestShare = 2;  // What fills more than half is not kept.
constexpr std::int64_t kMostCompiled = 1LL << 30;

std::string digest_of(const std::string& key, const std::string& file, std::string_view text,
                      std::string_view compiled) {
  KeyText all;
  all.add(key).add(file).add(text).add(sha256(compiled));
  return all.digest();
}

// Of a file that nobody else may change: who does so changes this. Empty: it is not there.
std::string state_of(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto time = [](const timespec& when) {
    return std::to_string(when.tv_sec) + "." + std::to_string(when.tv_nsec);
  };
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         time(status.st_mtim) + " " + time(status.st_ctim);
}

// A file's bytes without a copy of them.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const auto file = files::open(path, O_RDONLY | O_NONBLOCK);
    struct stat status{};
    if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (status.st_size <= 0 || status.st_size > kMostCompiled) return;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->get(), 0);
    if (start != MAP_FAILED) bytes_ = {static_cast<const char*>(start), size};
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }

  std::string_view bytes() const { return bytes_; }  // Empty: it cannot be read.

 private:
  std::string_view bytes_;
};

Status write_file(const std::string& path, std::string_view bytes) {
  TRY(const Fd file, files::create(path));
  CHECK_OK(files::write_all(file, bytes, path));
  if (::fchmod(file.get(), 0444) != 0) return files::error("cannot open to boxes", path, errno);
  return Ok{};
}

// Who knows what lies in it may read that.
Status make_open_directory(const std::string& path) {
  CHECK_OK(files::make_directory(path));
  if (::chmod(path.c_str(), 0711) != 0) return files::error("cannot open to boxes", path, errno);
  return Ok{};
}

std::int64_t size_of(const fs::path& directory) {
  std::int64_t size = 0;
  std::error_code ec;
  for (const auto& entry : fs::recursive_directory_iterator(directory, ec)) {
    struct stat status{};
    if (::lstat(entry.path().c_str(), &status) == 0) size += status.st_blocks * 512;
  }
  return size;
}

}  // namespace

HeaderDisk::HeaderDisk(std::string directory, Bytes most, Bytes floor, const Clock& clock)
    : directory_(std::move(directory)), most_(most), free_space_(directory_, floor, clock) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory_, ec)) {
    if (entry.path().string().ends_with(kUnfinished)) fs::remove_all(entry.path(), ec);
  }
  sweep();
}

Status HeaderDisk::put(const std::string& key, const std::string& file, std::string_view text,
                       std::string_view compiled) {
  if (static_cast<std::int64_t>(compiled.size()) > most_.count / kLargestShare) {
    return Error{Errc::kOverloaded, "it takes more than half of what headers may take", {}};
  }
  if (free_space_.is_low()) return Error{Errc::kOverloaded, "the disk is almost full", {}};
  const std::string unfinished = path_of(key) + std::string(kUnfinished);
  std::error_code ec;
  fs::remove_all(unfinished, ec);
  Status written = write(unfinished, file, text, compiled, digest_of(key, file, text, compiled));
  if (written) {
    remove(key);
    if (std::rename(unfinished.c_str(), path_of(key).c_str()) != 0) {
      written = files::error("cannot name", path_of(key), errno);
    }
  }
  if (!written) {
    fs::remove_all(unfinished, ec);
    return written;
  }
  note(key, file);
  sweep();
  return Ok{};
}

Status HeaderDisk::write(const std::string& unfinished, const std::string& file,
                         std::string_view text, std::string_view compiled,
                         const std::string& digest) const {
  CHECK_OK(make_open_directory(unfinished));
  const std::string path = unfinished + "/" + file;
  for (std::size_t slash = file.find('/'); slash != std::string::npos;
       slash = file.find('/', slash + 1)) {
    CHECK_OK(make_open_directory(unfinished + "/" + file.substr(0, slash)));
  }
  CHECK_OK(write_file(path, text));
  CHECK_OK(write_file(path + std::string(kCompiled), compiled));
  return write_file(unfinished + std::string(kDigest), digest);
}

bool HeaderDisk::check(const std::string& key, const std::string& file) {
  const std::string path = path_of(key) + "/" + file;
  struct stat status{};
  if (::lstat(path_of(key).c_str(), &status) != 0) return false;
  note(key, file);  // Before it is read: who changes it meanwhile is seen.
  const MappedFile text(path);
  const MappedFile compiled(path + std::string(kCompiled));
  const MappedFile digest(path_of(key) + std::string(kDigest));
  if (!compiled.bytes().empty() &&
      digest.bytes() == digest_of(key, file, text.bytes(), compiled.bytes())) {
    return true;
  }
  log::warning("headers that were compiled ahead are thrown away", {
                                                                       {"key", key}
  });
  remove(key);
  return false;
}

void HeaderDisk::note(const std::string& key, const std::string& file) {
  const std::string path = path_of(key) + "/" + file;
  State state{state_of(path), state_of(path + std::string(kCompiled))};
  const std::lock_guard lock(mutex_);
  checked_[key] = std::move(state);
}

bool HeaderDisk::is_as_checked(const std::string& key, const std::string& file) {
  const std::string path = path_of(key) + "/" + file;
  const State now{state_of(path), state_of(path + std::string(kCompiled))};
  {
    const std::lock_guard lock(mutex_);
    const auto found = checked_.find(key);
    if (now.first.empty() || now.second.empty() || found == checked_.end() ||
        found->second != now) {
      return false;
    }
  }
  ::utimensat(AT_FDCWD, path_of(key).c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return true;
}

// Out of the way first, so that no compile finds one file and not the other.
void HeaderDisk::remove(const std::string& key) {
  const std::string gone = path_of(key) + ".gone" + std::string(kUnfinished);
  std::error_code ec;
  fs::remove_all(gone, ec);
  if (std::rename(path_of(key).c_str(), gone.c_str()) == 0) fs::remove_all(gone, ec);
  const std::lock_guard lock(mutex_);
  checked_.erase(key);
}

// Counts anew, and removes what was used longest ago.
void HeaderDisk::sweep() {
  auto kept = files::oldest_first(directory_);
  std::int64_t total = 0;
  for (files::Entry& entry : kept)
    total += entry.size = size_of(entry.path);
  for (const files::Entry& entry : kept) {
    if (total <= most_.count) break;
    remove(entry.name);
    total -= entry.size;
  }
  held_ = total;
}

}  // namespace engine
