#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "output/gcs_account.h"
#include "output/gcs_bucket.h"
#include "output/gcs_content.h"
#include "output/gcs_manifest.h"
#include "output/gcs_parallel.h"
#include "output/names.h"
#include "output/output.h"

namespace engine {
namespace {

using namespace gcs;

constexpr std::size_t kGzipFrom = 1 << 10;      // Smaller objects gain nothing.
constexpr std::size_t kLongestName = 1024;      // Of an object, as Google has it.
constexpr int kChecks = 8;                      // Of the bucket at the start, at least.
constexpr std::int64_t kPieceUnit = 256 << 10;  // Pieces are multiples of it, as Google has it.

Error no_such_output() {
  return {Errc::kNotFound, "there is no such output", {}};
}

class GcsOutput final : public Output {
 public:
  // The parts hold references to each other and to `options`, so they are made in place.
  GcsOutput(GcsOptions options, std::unique_ptr<http::Client> client, const Clock& clock)
      : options_(std::move(options)), client_(std::move(client)), clock_(clock) {}

  // `base_url`: where the bucket is. `is_open`: requests go without a token.
  Status start(std::optional<KeyFile> key, std::string base_url, bool is_open) {
    const bool has_key = key.has_value();
    account_ = has_key ? make_key_account(*std::move(key), peer_, clock_)
                       : make_machine_account(options_, peer_, clock_);
    Account* const account = is_open ? nullptr : account_.get();
    bucket_.emplace(std::move(base_url), options_, peer_, account);
    if (!options_.check) return Ok{};
    CHECK_OK(check(account));
    // Another service signs for an account without a key, and has its own opinion of us.
    if (!has_key) CHECK_OK(account_->sign("proof"));
    return Ok{};
  }

  Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) override {
    CHECK_OK(check_put(id, attempt, objects));
    for (const Object& object : objects)
      CHECK_OK(check_object(id, attempt, object));

    std::vector<Entry> entries(objects.size());
    std::atomic<bool> was_there = false;
    CHECK_OK(for_each_at_once(objects.size(), options_.uploads, [&](std::size_t i) {
      return write(home_of(id, attempt), objects[i], entries[i], was_there);
    }));
    const std::string manifest = to_manifest(entries);
    TRY(const Stored stored,
        bucket_->write(manifest_of(id, attempt), {.bytes = manifest, .type = "application/json"}));
    if (!was_there && !stored.was_there) return Ok{};
    return sweep(id, attempt, objects);
  }

  Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                          Range range) override {
    const std::int64_t wanted = range.length.value_or(std::numeric_limits<std::int64_t>::max());
    if (range.offset < 0 || wanted < 0) {
      return Error{Errc::kInvalid, "a range begins at 0 or later and has no negative length", {}};
    }
    if (!is_uuid(id.text)) return no_such_output();
    const std::string object = home_of(id, attempt) + std::string(name);
    for (int round = 1;; ++round) {
      TRY(const std::string manifest, bucket_->read_all(manifest_of(id, attempt), kManifestLimit));
      TRY(const Entry entry, find_in_manifest(manifest, name));
      if (entry.size > options_.object.count || entry.stored > options_.object.count) {
        return Error{Errc::kTooLarge, "the output is larger than is read", {}};
      }
      auto bytes = read(object, entry, range.offset, wanted);
      const bool again = !bytes && (bytes.error().code == Errc::kNotFound ||
                                    bytes.error().code == Errc::kConflict);
      if (!again) return bytes;
      // Gone, or of another generation: a put replaces it just now.
      CHECK_OK(bucket_->look(object));
      if (round >= peer_.attempts()) {
        return Error{Errc::kUnavailable, "the output is being replaced, or is damaged", {}};
      }
      peer_.pause(round);
    }
  }

  Result<std::string> link(const SubmissionId& id, int attempt, std::string_view name,
                           std::chrono::seconds lifetime) override {
    if (!is_uuid(id.text)) return no_such_output();
    if (lifetime > kLongestGcsLink) {
      return Error{Errc::kInvalid, "Google lets no link live for more than 7 days", {}};
    }
    TRY(const std::string email, account_->email());
    const std::string path = id.text + "/" + std::to_string(attempt) + "/" + std::string(name);
    const std::string object = home_of(id, attempt) + std::string(name);
    return signed_url(
        {
            .base_url = bucket_->base_url(),
            .bucket = options_.bucket,
            .object = object,
            .email = email,
            .from = clock_.wall(),
            .lifetime = std::max(lifetime, std::chrono::seconds{1}
               ),
            .query = {{"response-content-type", std::string(content_type_of(name))},
                                                                {"response-content-disposition",
                       "attachment; filename=\"" + download_name(path) + "\""}}
    },
        [this](std::string_view bytes) { return account_->sign(bytes); });
  }

  Status remove(const SubmissionId& id) override {
    if (!is_uuid(id.text)) return Ok{};
    TRY(auto names, bucket_->list(home_of(id)));
    return remove_all(std::move(names));
  }

  Status remove_earlier(const SubmissionId& id, int attempt) override {
    if (!is_uuid(id.text)) return Ok{};
    const std::string home = home_of(id);
    TRY(auto names, bucket_->list(home));
    std::erase_if(names, [&](std::string_view name) {
      return attempt_in(name.substr(home.size())).value_or(attempt) >= attempt;
    });
    return remove_all(std::move(names));
  }

 private:
  // Patiently: a fault that passes must not end the program, and nothing waits for a slot yet.
  Status check(Account* account) const {
    GcsOptions patient = options_;
    patient.attempts = std::max(patient.attempts, kChecks);
    const Peer peer(*client_, patient);
    const Bucket bucket(bucket_->base_url(), patient, peer, account);
    return bucket.check(options_.prefix.empty() ? "" : options_.prefix + "/");
  }

  std::string home_of(const SubmissionId& id) const {
    return (options_.prefix.empty() ? "" : options_.prefix + "/") + id.text + "/";
  }
  std::string home_of(const SubmissionId& id, int attempt) const {
    return home_of(id) + std::to_string(attempt) + "/";
  }
  std::string manifest_of(const SubmissionId& id, int attempt) const {
    return home_of(id) + std::to_string(attempt) + ".json";
  }

  Status check_object(const SubmissionId& id, int attempt, const Object& object) const {
    if (!is_utf8(object.name) || home_of(id, attempt).size() + object.name.size() > kLongestName) {
      return Error{Errc::kInvalid, "an output's name is no UTF-8, or too long for a bucket", {}};
    }
    if (std::cmp_greater(object.bytes.size(), options_.object.count)) {
      return Error{Errc::kTooLarge, "an output is larger than is kept in a bucket", {}};
    }
    return Ok{};
  }

  Status write(const std::string& home, const Object& object, Entry& entry,
               std::atomic<bool>& was_there) const {
    const bool is_gzip = options_.gzip && object.bytes.size() >= kGzipFrom;
    const std::string packed = is_gzip ? gzip(object.bytes) : std::string();
    const Content content{.bytes = is_gzip ? packed : object.bytes,
                          .type = content_type_of(object.name),
                          .is_gzip = is_gzip};
    TRY(const Stored stored, bucket_->write(home + object.name, content));
    if (stored.was_there) was_there = true;
    entry = {.name = object.name,
             .size = static_cast<std::int64_t>(object.bytes.size()),
             .stored = static_cast<std::int64_t>(content.bytes.size()),
             .generation = stored.generation,
             .md5 = stored.checksums.md5,
             .is_gzip = is_gzip};
    return Ok{};
  }

  // kConflict: it is not what was written. Of a part that cannot be seen.
  Result<std::string> read(const std::string& object, const Entry& entry, std::int64_t offset,
                           std::int64_t wanted) const {
    const std::int64_t begin = std::min(offset, entry.size);
    const std::int64_t size = std::min(wanted, entry.size - begin);
    if (size == 0) return std::string();
    Part part{.offset = begin, .size = size, .whole = entry.stored, .is_gzip = entry.is_gzip};
    if (entry.is_gzip) part.offset = 0, part.size = entry.stored;
    TRY(std::string bytes, bucket_->read(object, entry.generation, part));
    if (part.size == part.whole && !entry.md5.empty() && checksums_of(bytes).md5 != entry.md5) {
      return Error{Errc::kConflict, "the output is damaged", {}};
    }
    if (!entry.is_gzip) return bytes;
    TRY(const std::string plain, gunzip(bytes, static_cast<std::size_t>(entry.size)));
    return plain.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  }

  // Removes what an earlier put of the attempt left and this one did not bring.
  Status sweep(const SubmissionId& id, int attempt, const std::vector<Object>& objects) const {
    const std::string home = home_of(id, attempt);
    TRY(auto names, bucket_->list(home));
    std::erase_if(names, [&](std::string_view name) {
      name.remove_prefix(home.size());
      return std::ranges::find(objects, name, &Object::name) != objects.end();
    });
    return remove_all(std::move(names));
  }

  // Lists of outputs first, so that nothing is there half.
  Status remove_all(std::vector<std::string> names) const {
    const auto lists = std::ranges::partition(
        names, [this](const std::string& name) { return is_manifest(name); });
    const auto first = static_cast<std::size_t>(lists.begin() - names.begin());
    CHECK_OK(for_each_at_once(first, options_.uploads,
                              [&](std::size_t i) { return bucket_->remove(names[i]); }));
    return for_each_at_once(names.size() - first, options_.uploads,
                            [&](std::size_t i) { return bucket_->remove(names[first + i]); });
  }

  // "<prefix>/<id>/<attempt>.json": no slash behind the id.
  bool is_manifest(const std::string& name) const {
    const std::size_t home = (options_.prefix.empty() ? 0 : options_.prefix.size() + 1) + 36 + 1;
    return name.size() > home && name.find('/', home) == std::string::npos;
  }

  const GcsOptions options_;
  const std::unique_ptr<http::Client> client_;
  const Clock& clock_;
  const Peer peer_{*client_, options_};
  std::unique_ptr<Account> account_;
  std::optional<Bucket> bucket_;
};

std::string with_scheme(std::string host) {
  while (host.ends_with('/'))
    host.pop_back();
  return host.find("://") == std::string::npos ? "http://" + host : host;
}

Status check_options(const GcsOptions& options) {
  if (options.bucket.empty()) {
    return Error{Errc::kInvalid, "neither an option nor the credentials file names a bucket", {}};
  }
  const std::string slash = options.prefix.empty() ? "" : "/";
  CHECK_OK(parse_gcs_url("gs://" + options.bucket + slash + options.prefix));
  if (options.piece.count <= 0 || options.piece.count % kPieceUnit != 0) {
    return Error{Errc::kInvalid, "pieces of an upload are multiples of 256 KiB", {}};
  }
  if (options.credentials_file.empty() && !options.emulator_host.empty()) {
    return Error{Errc::kInvalid,
                 "an emulator of Google Cloud Storage has no account for us, so that links need a "
                 "credentials file",
                 {}};
  }
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Output>> make_gcs_output(GcsOptions options, const Clock& clock) {
  std::optional<KeyFile> key;
  if (!options.credentials_file.empty()) {
    TRY(key, load_key_file(options.credentials_file));
    if (options.bucket.empty()) {
      options.bucket = key->bucket;
      if (options.prefix.empty()) options.prefix = key->prefix;
    }
  }
  CHECK_OK(check_options(options));
  const bool is_emulated = !options.emulator_host.empty();
  TRY(auto client, http::make_client({.is_proxy_allowed = options.is_proxy_allowed && !is_emulated,
                                      .connect_patience = options.connect_patience,
                                      .patience = options.patience,
                                      .idle_connections = 32}));
  std::string base_url = with_scheme(is_emulated ? options.emulator_host : options.storage_url);
  auto output = std::make_unique<GcsOutput>(std::move(options), std::move(client), clock);
  CHECK_OK(output->start(std::move(key), std::move(base_url), is_emulated));
  return std::unique_ptr<Output>(std::move(output));
}

}  // namespace engine
