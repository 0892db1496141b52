#include "runner/artefact_disk.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".part";
constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kLargestShare = 4;  // What fills more than a quarter is not kept.

std::int64_t blocks_of(std::int64_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

void complain(const Error& why) {
  log::warning("a compiled program is not kept on the disk", {
                                                                 {"reason", why.message}
  });
}

// 0 where there is no such file.
std::int64_t size_on_disk(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? blocks_of(status.st_size) : 0;
}

}  // namespace

ArtefactDisk::ArtefactDisk(std::string directory, Bytes most, Bytes floor, const Clock& clock)
    : directory_(std::move(directory)), most_(most), free_space_(directory_, floor, clock) {
  if (const auto made = files::make_directory(directory_); !made) complain(made.error());
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory_, ec)) {
    if (entry.path().string().ends_with(kUnfinished)) ::unlink(entry.path().c_str());
  }
  sweep();
}

std::optional<std::string> ArtefactDisk::get(const std::string& key) {
  const std::string path = path_of(key);
  const auto file = files::open(path, O_RDONLY | O_NONBLOCK);
  struct stat status{};
  if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (status.st_size > most_.count) return {};
  auto bytes = files::read_at(*file, 0, status.st_size, path);
  if (!bytes) return {};
  used(key);
  return *std::move(bytes);
}

void ArtefactDisk::put(const std::string& key, std::string_view bytes) {
  const std::int64_t size = blocks_of(static_cast<std::int64_t>(bytes.size()));
  if (size > most_.count / kLargestShare || free_space_.is_low()) return;
  const std::string unfinished =
      path_of(key) + "." + std::to_string(names_.fetch_add(1)) + std::string(kUnfinished);
  if (const auto written = write(unfinished, bytes, key); !written) {
    ::unlink(unfinished.c_str());
    if (!complained_.exchange(true)) complain(written.error());
  }
  if (held() > most_) sweep();
}

// To its end and under its name, or not at all.
Status ArtefactDisk::write(const std::string& unfinished, std::string_view bytes,
                           const std::string& key) {
  TRY(const Fd file, files::create(unfinished));
  CHECK_OK(files::write_all(file, bytes, unfinished));
  const std::string path = path_of(key);
  const std::int64_t replaced = size_on_disk(path);
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return files::error("cannot name", path, errno);
  }
  held_ += blocks_of(static_cast<std::int64_t>(bytes.size())) - replaced;
  return Ok{};
}

void ArtefactDisk::used(const std::string& key) {
  ::utimensat(AT_FDCWD, path_of(key).c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}

void ArtefactDisk::remove(const std::string& key) {
  const std::int64_t size = size_on_disk(path_of(key));
  if (::unlink(path_of(key).c_str()) == 0) held_ -= size;
}

// Counts anew, and removes down to nine tenths, so that it need not be done for every file.
void ArtefactDisk::sweep() {
  const std::unique_lock only(sweeping_, std::try_to_lock);
  if (!only.owns_lock()) return;
  const auto kept = files::oldest_first(directory_);
  std::int64_t total = 0;
  for (const files::Entry& entry : kept)
    total += blocks_of(entry.size);
  const std::int64_t bound = total > most_.count ? most_.count / 10 * 9 : total;
  for (const files::Entry& entry : kept) {
    if (total <= bound) break;
    if (::unlink(entry.path.c_str()) == 0) total -= blocks_of(entry.size);
  }
  held_ = total;
}

}  // namespace engine
