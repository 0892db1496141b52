#include "output/gcs_key.h"

#include <fstream>
#include <iterator>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace engine::gcs {
namespace {

namespace json = boost::json;

constexpr std::size_t kLargestFile = 1 << 20;
constexpr const char* kTokenUrl = "https://oauth2.googleapis.com/token";

// One member after the other, with sentences that name file and member.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Error fault(const std::string& what) const {
    return {Errc::kInvalid, "the credentials file '" + path_ + "' " + what, {}};
  }

  Result<std::string> text(const json::object& object, const char* member,
                           std::string fallback) const {
    const json::value* value = object.if_contains(member);
    if (value == nullptr) return fallback;
    if (!value->is_string())
      return fault("has a member '" + std::string(member) + "' that is no text");
    return std::string(value->get_string());
  }
  Result<std::string> needed(const json::object& object, const char* member) const {
    TRY(std::string found, text(object, member, ""));
    if (found.empty()) return fault("has no member '" + std::string(member) + "'");
    return found;
  }

 private:
  const std::string& path_;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kLargestFile + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) return Reader(path).fault("cannot be read");
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > kLargestFile) return Reader(path).fault("is too large to be one");
  return content;
}

// The service account: the file itself, or the member of it that holds one.
const json::object* find_account(const json::object& file) {
  if (file.contains("private_key") || file.contains("client_email")) return &file;
  for (const auto& member : file) {
    const auto* inner = member.value().if_object();
    if (inner != nullptr && (inner->contains("private_key") || inner->contains("client_email"))) {
      return inner;
    }
  }
  return nullptr;
}

// Firebase gives the bucket as "name", and some keep it as "gs://name".
std::string bare_bucket(std::string bucket) {
  return bucket.starts_with("gs://") ? bucket.substr(5) : bucket;
}

std::string trim_slashes(const std::string& text) {
  const auto first = text.find_first_not_of('/');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of('/') - first + 1);
}

// The first of these members that is there, in the account or around it.
Result<std::string> either(const Reader& reader, const json::object& file,
                           const json::object& account, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (const json::object* place : {&file, &account}) {
      TRY(std::string found, reader.text(*place, name, ""));
      if (!found.empty()) return found;
    }
  }
  return std::string();
}

}  // namespace

void PrivateKey::Free::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}

Result<PrivateKey> PrivateKey::from_pem(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  // Without a way to ask for a pass phrase: OpenSSL would ask the terminal.
  const auto no_phrase = [](char*, int, int, void*) { return -1; };
  PrivateKey made;
  made.key_.reset(PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_phrase, nullptr));
  if (!made.key_ || EVP_PKEY_is_a(made.key_.get(), "RSA") != 1) {
    return Error{Errc::kInvalid, "this is no private RSA key in PEM", {}};
  }
  return made;
}

Result<std::string> PrivateKey::sign(std::string_view bytes) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                     bytes.size()) != 1) {
    return Error{Errc::kInternal, "OpenSSL did not sign with the service account's key", {}};
  }
  signature.resize(size);
  return signature;
}

Result<KeyFile> load_key_file(const std::string& path) {
  const Reader reader(path);
  if (path.ends_with(".js")) {
    return reader.fault(
        "is a program and not JSON; `node -p 'JSON.stringify(require(\"./file.js\"))' > file.json` "
        "makes the file that is wanted");
  }
  TRY(const std::string content, read_file(path));
  boost::system::error_code broken;
  const json::value value = json::parse(content, broken);
  const json::object* file = broken ? nullptr : value.if_object();
  if (file == nullptr) return reader.fault("is not a JSON object");

  const json::object* account = find_account(*file);
  TRY(const std::string type, reader.text(account != nullptr ? *account : *file, "type", ""));
  if (!type.empty() && type != "service_account") {
    return reader.fault("has the type '" + type.substr(0, 40) +
                        "' where 'service_account' is needed");
  }
  if (account == nullptr) return reader.fault("has no member 'private_key'");

  TRY(std::string email, reader.needed(*account, "client_email"));
  TRY(const std::string pem, reader.needed(*account, "private_key"));
  TRY(std::string key_id, reader.text(*account, "private_key_id", ""));
  TRY(std::string token_url, reader.text(*account, "token_uri", kTokenUrl));
  TRY(std::string bucket, either(reader, *file, *account, {"storageBucket"}));
  TRY(std::string prefix,
      either(reader, *file, *account, {"uploadDestination", "destination", "prefix"}));
  auto key = PrivateKey::from_pem(pem);
  if (!key) return reader.fault("has a member 'private_key' that is no private RSA key in PEM");
  return KeyFile{.email = std::move(email),
                 .key_id = std::move(key_id),
                 .token_url = std::move(token_url),
                 .key = *std::move(key),
                 .bucket = bare_bucket(std::move(bucket)),
                 .prefix = trim_slashes(prefix)};
}

}  // namespace engine::gcs
