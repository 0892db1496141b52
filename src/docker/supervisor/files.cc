#include "docker/supervisor/files.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "docker/supervisor/stream.h"
#include "sandbox/init/new_file.h"

namespace engine::docker::supervisor {
namespace {

using sandbox::wire::BundleEntry;
using sandbox::wire::BundleHeader;

char index_bytes[sandbox::wire::kMaxIndex];
char piece[wire::kMaxPiece];

int write_all(int file, const char* at, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t count = write(file, at, bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    at += count;
    bytes -= static_cast<std::size_t>(count);
  }
  return 0;
}

// A bundle that comes in by and by.
class Incoming {
 public:
  explicit Incoming(std::uint64_t bytes) : left_(bytes) {}
  ~Incoming() { skip(left_); }
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  bool read(void* to, std::uint64_t bytes) {
    if (bytes > left_) return false;
    read_whole(to, bytes);
    left_ -= bytes;
    return true;
  }

  int copy_to(int file, std::uint64_t bytes) {
    while (bytes > 0) {
      const std::uint64_t count = bytes < sizeof(piece) ? bytes : sizeof(piece);
      if (!read(piece, count)) return EBADMSG;
      if (const int error = write_all(file, piece, count); error != 0) return error;
      bytes -= count;
    }
    return 0;
  }

 private:
  std::uint64_t left_;
};

// The contents follow each other in the order of the index.
int place(Incoming& bundle, int work, const BundleEntry& entry, const char* name) {
  char path[sandbox::wire::kMaxName + 1];
  std::memcpy(path, name, entry.name_bytes);
  path[entry.name_bytes] = '\0';
  const int file = sandbox::init::make_new_file(work, path, entry.executable != 0);
  if (file < 0) return -file;
  const int error = bundle.copy_to(file, entry.size);
  close(file);
  return error;
}

}  // namespace

int place_files(std::uint64_t bytes) {
  Incoming bundle(bytes);
  BundleHeader header;
  if (!bundle.read(&header, sizeof(header))) return EBADMSG;
  if (header.magic != sandbox::wire::kBundleMagic || header.index_bytes > sizeof(index_bytes) ||
      !bundle.read(index_bytes, header.index_bytes)) {
    return EBADMSG;
  }
  const int work = open(sandbox::wire::kWork, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (work < 0) return errno;
  const char* index = index_bytes;
  std::size_t left = header.index_bytes;
  int error = 0;
  for (std::uint32_t i = 0; i < header.count && error == 0; ++i) {
    BundleEntry entry;
    const char* name = nullptr;
    const bool whole = sandbox::wire::next_entry(index, left, entry, name);
    error = whole ? place(bundle, work, entry, name) : EBADMSG;
  }
  close(work);
  return error;
}

}  // namespace engine::docker::supervisor
