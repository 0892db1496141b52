#include "output/pack.h"

#include <cerrno>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/files.h"
#include "base/hash.h"

namespace engine {
namespace {

constexpr std::string_view kMagic = "EEPACK1\n";
constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kPreambleSize = kMagic.size() + sizeof(std::uint64_t) + kDigestSize;
constexpr std::size_t kEntrySize =
    sizeof(std::uint32_t) + 2 * sizeof(std::uint64_t) + kDigestSize;  // Without its name.

Error damaged(const std::string& path, std::string_view how) {
  return {Errc::kInternal, "the pack '" + path + "' is damaged: " + std::string(how), {}};
}

// The index, read and proven whole.
Result<std::string> read_index(const Fd& file, std::int64_t file_size, const std::string& path) {
  const auto preamble_size = static_cast<std::int64_t>(kPreambleSize);
  if (file_size < preamble_size) return damaged(path, "it is too short");
  TRY(const std::string preamble, files::read_at(file, 0, preamble_size, path));
  Fields fields(preamble);
  if (fields.bytes(kMagic.size()) != kMagic) return damaged(path, "its magic is wrong");
  const auto size = fields.number<std::uint64_t>();
  if (size > static_cast<std::uint64_t>(file_size - preamble_size)) {
    return damaged(path, "its index is cut off");
  }
  TRY(std::string index,
      files::read_at(file, preamble_size, static_cast<std::int64_t>(size), path));
  if (sha256(index) != fields.bytes(kDigestSize)) return damaged(path, "its index has changed");
  return index;
}

// Calls `visit` with every entry until it says that it has seen enough.
template <typename Visit>
Status walk(const Fd& file, const std::string& path, Visit visit) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return files::error("cannot look at", path, errno);
  TRY(const std::string index, read_index(file, status.st_size, path));
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  for (Fields fields(index); !fields.at_end();) {
    const std::string_view name = fields.bytes(fields.number<std::uint32_t>());
    const auto offset = fields.number<std::uint64_t>();
    const auto size = fields.number<std::uint64_t>();
    const std::string_view digest = fields.bytes(kDigestSize);
    if (!fields.whole()) return damaged(path, "its index makes no sense");
    if (offset > file_size || size > file_size - offset) return damaged(path, "it is cut off");
    const bool enough = visit(PackEntry{.name = std::string(name),
                                        .offset = static_cast<std::int64_t>(offset),
                                        .size = static_cast<std::int64_t>(size),
                                        .digest = std::string(digest)});
    if (enough) break;
  }
  return Ok{};
}

// What stands before the contents.
std::string pack_header(const std::vector<Object>& objects) {
  std::size_t index_size = 0;
  for (const Object& object : objects)
    index_size += kEntrySize + object.name.size();

  std::string index;
  index.reserve(index_size);
  std::uint64_t offset = kPreambleSize + index_size;
  for (const Object& object : objects) {
    append_number(index, static_cast<std::uint32_t>(object.name.size()));
    index += object.name;
    append_number(index, offset);
    append_number(index, std::uint64_t{object.bytes.size()});
    index += sha256(object.bytes);
    offset += object.bytes.size();
  }
  std::string header(kMagic);
  append_number(header, std::uint64_t{index.size()});
  return header + sha256(index) + index;
}

}  // namespace

Status write_pack(const std::string& path, const std::vector<Object>& objects) {
  TRY(const Fd file, files::create(path));
  CHECK_OK(files::write_all(file, pack_header(objects), path));
  for (const Object& object : objects)
    CHECK_OK(files::write_all(file, object.bytes, path));
  if (::fdatasync(file.get()) != 0) return files::error("cannot sync", path, errno);
  return Ok{};
}

Result<PackEntry> find_in_pack(const Fd& file, std::string_view name, const std::string& path) {
  std::optional<PackEntry> found;
  CHECK_OK(walk(file, path, [&](PackEntry entry) {
    if (entry.name == name) found = std::move(entry);
    return found.has_value();
  }));
  if (found) return *std::move(found);
  return Error{Errc::kNotFound, "there is no object '" + std::string(name) + "'", {}};
}

Result<std::vector<Object>> read_pack(const Fd& file, const std::string& path) {
  std::vector<PackEntry> entries;
  CHECK_OK(walk(file, path, [&](PackEntry entry) {
    entries.push_back(std::move(entry));
    return false;
  }));
  std::vector<Object> objects;
  for (PackEntry& entry : entries) {
    TRY(std::string bytes, files::read_at(file, entry.offset, entry.size, path));
    if (sha256(bytes) != entry.digest) return damaged(path, "an object has changed");
    objects.push_back({std::move(entry.name), std::move(bytes)});
  }
  return objects;
}

}  // namespace engine
