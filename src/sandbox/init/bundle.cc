#include "sandbox/init/bundle.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "sandbox/init/new_file.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {
namespace {

using wire::BundleEntry;
using wire::BundleHeader;

char index_bytes[wire::kMaxIndex];

bool read_at(int fd, void* to, std::size_t size, off_t offset) {
  return pread(fd, to, size, offset) == static_cast<ssize_t>(size);
}

int copy(int from, int to, const BundleEntry& entry) {
  auto offset = static_cast<off_t>(entry.offset);
  std::uint64_t left = entry.size;
  while (left > 0) {
    const ssize_t sent = sendfile(to, from, &offset, left);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno;
    if (sent == 0) return EBADMSG;
    left -= static_cast<std::uint64_t>(sent);
  }
  return 0;
}

int place(int bundle, int work, const BundleEntry& entry, const char* name, bool replaces) {
  char path[wire::kMaxName + 1];
  std::memcpy(path, name, entry.name_bytes);
  path[entry.name_bytes] = '\0';
  if (replaces && unlinkat(work, path, 0) != 0 && errno != ENOENT) return errno;
  const int file = make_new_file(work, path, entry.executable != 0);
  if (file < 0) return -file;
  const int error = copy(bundle, file, entry);
  close(file);
  return error;
}

}  // namespace

int place_bundle(int bundle, int work, bool replaces) {
  BundleHeader header;
  if (!read_at(bundle, &header, sizeof(header), 0)) return EBADMSG;
  if (header.magic != wire::kBundleMagic || header.index_bytes > sizeof(index_bytes)) {
    return EBADMSG;
  }
  if (!read_at(bundle, index_bytes, header.index_bytes, sizeof(header))) return EBADMSG;
  const char* index = index_bytes;
  std::size_t left = header.index_bytes;
  int error = 0;
  for (std::uint32_t i = 0; i < header.count && error == 0; ++i) {
    BundleEntry entry;
    const char* name = nullptr;
    error = wire::next_entry(index, left, entry, name) ? place(bundle, work, entry, name, replaces)
                                                       : EBADMSG;
  }
  return error;
}

}  // namespace engine::sandbox::init
