#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "output/names.h"
#include "output/output.h"
#include "output/pack.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

Error away(const std::string& why) {
  return {Errc::kUnavailable, "outputs cannot be kept: " + why, {}};
}

// Packs lie at <directory>/<first two digits of the id>/<id>/<attempt>.pack, which keeps every
// directory small. They are written in <directory>/tmp first, where a crash leaves what a later
// start removes. Other processes may be writing there.
class LocalOutput final : public Output {
 public:
  LocalOutput(std::string directory, const LinkSigner& signer)
      : directory_(std::move(directory)), scratch_(directory_ + "/tmp"), signer_(signer) {}

  Status prepare() {
    if (const auto made = files::make_directory(scratch_); !made) return away(made.error().message);
    if (::access(scratch_.c_str(), W_OK | X_OK) != 0) {
      return away("cannot write to '" + scratch_ + "': " + std::generic_category().message(errno));
    }
    remove_leftovers();
    return Ok{};
  }

  Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) override {
    CHECK_OK(check_put(id, attempt, objects));
    const std::string temporary = scratch_ + "/" + random_uuid();
    Status status = write_pack(temporary, objects);
    if (status) status = publish(temporary, id, attempt);
    if (!status) {
      ::unlink(temporary.c_str());
      // A directory or file that vanished meanwhile says nothing about the object.
      if (status.error().code == Errc::kNotFound) {
        return Error{Errc::kUnavailable, status.error().message, {}};
      }
    }
    return status;
  }

  Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                          Range range) override {
    const std::int64_t wanted = range.length.value_or(std::numeric_limits<std::int64_t>::max());
    if (range.offset < 0 || wanted < 0) {
      return Error{Errc::kInvalid, "a range begins at 0 or later and has no negative length", {}};
    }
    if (!is_uuid(id.text)) return no_such_object();
    auto bytes = read(pack_path(id, attempt), name, range.offset, wanted);
    if (!bytes && bytes.error().code == Errc::kInternal) {
      log::error("an output is lost", {
                                          {"reason", bytes.error().message}
      });
      return no_such_object();
    }
    return bytes;
  }

  Result<std::string> link(const SubmissionId& id, int attempt, std::string_view name,
                           std::chrono::seconds lifetime) override {
    return signer_.sign({.id = id, .attempt = attempt, .name = std::string(name)}, lifetime);
  }

  Status remove(const SubmissionId& id) override { return remove_packs(id, std::nullopt); }

  Status remove_earlier(const SubmissionId& id, int attempt) override {
    return remove_packs(id, attempt);
  }

 private:
  // What stays behind costs space only; put() meets a real fault again.
  void remove_leftovers() {
    constexpr std::chrono::hours kOld{1};  // No put takes so long.
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(scratch_, ignored)) {
      const auto written = entry.last_write_time(ignored);
      if (!ignored && fs::file_time_type::clock::now() - written > kOld) {
        fs::remove(entry.path(), ignored);
      }
    }
  }

  static Error no_such_object() { return {Errc::kNotFound, "there is no such output", {}}; }

  std::string parent_of(const SubmissionId& id) const {
    return directory_ + "/" + id.text.substr(0, 2);
  }
  std::string home_of(const SubmissionId& id) const { return parent_of(id) + "/" + id.text; }
  std::string pack_path(const SubmissionId& id, int attempt) const {
    return home_of(id) + "/" + std::to_string(attempt) + ".pack";
  }

  // Gives a finished pack its name, and makes that name durable with every directory above it.
  Status publish(const std::string& temporary, const SubmissionId& id, int attempt) {
    TRY(const bool parent_is_new, files::make_directory(parent_of(id)));
    TRY(const bool home_is_new, files::make_directory(home_of(id)));
    const std::string path = pack_path(id, attempt);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
      const int error_number = errno;
      ::rmdir(home_of(id).c_str());  // Only if nothing else is in it.
      return files::error("cannot name", path, error_number);
    }
    CHECK_OK(files::sync_directory(home_of(id)));
    if (home_is_new) CHECK_OK(files::sync_directory(parent_of(id)));
    if (parent_is_new) CHECK_OK(files::sync_directory(directory_));
    return Ok{};
  }

  static Result<std::string> read(const std::string& path, std::string_view name,
                                  std::int64_t offset, std::int64_t wanted) {
    TRY(const Fd file, files::open(path, O_RDONLY));
    TRY(const PackEntry entry, find_in_pack(file, name, path));
    const std::int64_t begin = std::min(offset, entry.size);
    const std::int64_t size = std::min(wanted, entry.size - begin);
    TRY(std::string bytes, files::read_at(file, entry.offset + begin, size, path));
    // A part cannot be proven without reading the whole, which a range is there to avoid.
    if (size == entry.size && sha256(bytes) != entry.digest) {
      return Error{Errc::kInternal, "the pack '" + path + "' is damaged: a content changed", {}};
    }
    return bytes;
  }

  // Those of attempts before `end`, or all that is there.
  Status remove_packs(const SubmissionId& id, std::optional<int> end) {
    if (!is_uuid(id.text)) return Ok{};
    std::error_code fault;
    fs::directory_iterator entries(home_of(id), fault);
    if (fault == std::errc::no_such_file_or_directory) return Ok{};
    for (; !fault && entries != fs::directory_iterator(); entries.increment(fault)) {
      const auto attempt = attempt_in(entries->path().filename().native());
      if (end && attempt.value_or(*end) >= *end) continue;
      fs::remove(entries->path(), fault);
      if (fault) break;
    }
    if (!fault && !end) fs::remove(home_of(id), fault);
    if (!fault || fault == std::errc::directory_not_empty) return Ok{};  // A put came in between.
    return Error{Errc::kUnavailable,
                 "cannot remove the outputs in '" + home_of(id) + "': " + fault.message(),
                 {}};
  }

  const std::string directory_;
  const std::string scratch_;
  const LinkSigner& signer_;
};

}  // namespace

Result<std::unique_ptr<Output>> make_local_output(std::string directory, const LinkSigner& signer) {
  auto output = std::make_unique<LocalOutput>(std::move(directory), signer);
  CHECK_OK(output->prepare());
  return std::unique_ptr<Output>(std::move(output));
}

}  // namespace engine
