#include "sandbox/taken_files.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace engine::sandbox {
namespace {

constexpr std::size_t kChunk = 256 << 10;

std::string explain(int error) {
  switch (error) {
    case ENOENT: return "no such file";
    case EINVAL: return "not a regular file";
    case EMLINK: return "has a second name (a hard link)";
    case ELOOP:
    case EXDEV: return "is or passes through a link, which is not followed";
    case EFBIG: return "larger than may be taken";
    case E2BIG: return "more files than may be taken, or deeper than may be";
    default: return std::generic_category().message(error);
  }
}

enum class ReadEnd { kWhole, kTooLarge, kBroken };

ReadEnd read_up_to(const Fd& file, Bytes limit, std::string& content) {
  const auto most = static_cast<std::size_t>(limit.count);
  struct stat status{};
  if (::fstat(file.get(), &status) == 0 && status.st_size >= 0) {
    content.reserve(std::min(most, static_cast<std::size_t>(status.st_size)) + 1);
  }
  for (;;) {
    const std::size_t have = content.size();
    content.resize(std::min(have + kChunk, most + 1));
    const ssize_t count =
        ::pread(file.get(), content.data() + have, content.size() - have, static_cast<off_t>(have));
    content.resize(have + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ReadEnd::kBroken;
    if (count == 0) return ReadEnd::kWhole;
    if (content.size() > most) return ReadEnd::kTooLarge;
  }
}

}  // namespace

void TakenFiles::add(std::string name, const Fd& file, unsigned mode) {
  TakenFile taken;
  taken.file.name = std::move(name);
  taken.file.executable = (mode & 0111) != 0;
  const ReadEnd end = read_up_to(file, left_, taken.file.content);
  if (end == ReadEnd::kWhole) {
    left_ = left_ - Bytes{static_cast<std::int64_t>(taken.file.content.size())};
  } else {
    taken.file.content = {};
    taken.problem = end == ReadEnd::kTooLarge ? explain(EFBIG) : "cannot be read";
  }
  files_.push_back(std::move(taken));
}

void TakenFiles::add(std::string name, std::string content, unsigned mode) {
  const Bytes size{static_cast<std::int64_t>(content.size())};
  if (size > left_) return add_problem(std::move(name), EFBIG);
  left_ = left_ - size;
  TakenFile taken;
  taken.file = {std::move(name), std::move(content), (mode & 0111) != 0};
  files_.push_back(std::move(taken));
}

void TakenFiles::add_problem(std::string name, int error) {
  TakenFile taken;
  taken.file.name = std::move(name);
  taken.problem = explain(error);
  files_.push_back(std::move(taken));
}

std::vector<TakenFile> TakenFiles::finish(int error) && {
  if (error != 0) add_problem("**", error);
  std::sort(files_.begin(), files_.end(),
            [](const TakenFile& a, const TakenFile& b) { return a.file.name < b.file.name; });
  return std::move(files_);
}

}  // namespace engine::sandbox
