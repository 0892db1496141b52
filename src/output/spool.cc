#include "output/spool.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "base/files.h"
#include "output/pack.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".pack";
constexpr std::string_view kUnfinished = ".part";

// "<id>.<attempt>.pack"
std::optional<Spool::Key> key_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  Spool::Key key{.id = {std::string(name.substr(0, dot))}};
  const std::string_view number = name.substr(dot + 1);
  const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), key.attempt);
  if (ec != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  return key;
}

Bytes size_of_file(const std::string& path) {
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  return ec ? Bytes{} : Bytes{static_cast<std::int64_t>(size)};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(std::string directory, Bytes most) {
  CHECK_OK(files::make_directory(directory));
  std::unique_ptr<Spool> spool(new Spool(std::move(directory), most));
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(spool->directory_, ec)) {
    const std::string path = entry.path().string();
    if (path.ends_with(kUnfinished)) {
      ::unlink(path.c_str());  // A crash came before it was whole.
    } else {
      spool->held_ = spool->held_ + size_of_file(path);
    }
  }
  if (ec) return Error{Errc::kUnavailable, "cannot read '" + spool->directory_ + "'", {}};
  return spool;
}

Status Spool::put(const Key& key, const std::vector<Object>& objects) {
  if (is_full()) return Error{Errc::kOverloaded, "the spool is full", {}};
  const std::string path = path_of(key);
  const std::string unfinished = path + std::string(kUnfinished);
  ::unlink(unfinished.c_str());
  if (auto written = write_pack(unfinished, objects); !written) {
    ::unlink(unfinished.c_str());
    return written;
  }
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return files::error("cannot name", path, errno);
  }
  held_ = held_ + size_of_file(path);
  return files::sync_directory(directory_);
}

Result<std::vector<Object>> Spool::get(const Key& key) const {
  const std::string path = path_of(key);
  TRY(const Fd file, files::open(path, O_RDONLY));
  return read_pack(file, path);
}

bool Spool::holds(const Key& key) const {
  std::error_code ec;
  return fs::exists(path_of(key), ec);
}

void Spool::remove(const Key& key) {
  const std::string path = path_of(key);
  const Bytes size = size_of_file(path);
  if (::unlink(path.c_str()) == 0) held_ = held_ - size;
}

std::vector<Spool::Key> Spool::keys() const {
  std::vector<Key> keys;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory_, ec)) {
    if (auto key = key_of(entry.path().filename().string())) keys.push_back(*std::move(key));
  }
  return keys;
}

std::string Spool::path_of(const Key& key) const {
  return directory_ + "/" + key.id.text + "." + std::to_string(key.attempt) + std::string(kSuffix);
}

}  // namespace engine
