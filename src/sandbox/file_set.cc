#include <mutex>

#include "sandbox/boxes.h"
#include "sandbox/init/protocol.h"
#include "sandbox/memory_file.h"
#include "sandbox/record_socket.h"

namespace engine::sandbox {
namespace {

// The index of all files, then their contents, as init/protocol.h describes it.
Result<Fd> make_bundle(const std::vector<File>& files) {
  std::size_t index_bytes = 0;
  for (const File& file : files)
    index_bytes += sizeof(wire::BundleEntry) + file.name.size();
  std::string index;
  std::uint64_t offset = sizeof(wire::BundleHeader) + index_bytes;
  wire::BundleHeader header;
  header.magic = wire::kBundleMagic;
  header.count = static_cast<std::uint32_t>(files.size());
  header.index_bytes = index_bytes;
  for (const File& file : files) {
    wire::BundleEntry entry;
    entry.offset = offset;
    entry.size = file.content.size();
    entry.name_bytes = static_cast<std::uint32_t>(file.name.size());
    entry.executable = file.executable ? 1 : 0;
    index.append(as_bytes(entry)).append(file.name);
    offset += file.content.size();
  }
  std::vector<std::string_view> parts = {as_bytes(header), index};
  for (const File& file : files)
    parts.emplace_back(file.content);
  return make_memory_file("files", parts);
}

}  // namespace

struct FileSet::Prepared {
  std::mutex mutex;
  Fd bundle;
};

FileSet::FileSet(std::vector<File> files)
    : files_(std::move(files)), prepared_(std::make_unique<Prepared>()) {}

FileSet::~FileSet() = default;

std::shared_ptr<const FileSet> FileSet::make(std::vector<File> files) {
  return std::shared_ptr<const FileSet>(new FileSet(std::move(files)));
}

int FileSet::bundle_fd() const {
  const std::lock_guard lock(prepared_->mutex);
  if (!prepared_->bundle.is_open()) {
    if (auto bundle = make_bundle(files_)) prepared_->bundle = *std::move(bundle);
  }
  return prepared_->bundle.get();
}

}  // namespace engine::sandbox
