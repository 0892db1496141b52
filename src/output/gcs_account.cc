#include "output/gcs_account.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/encoding.h"
#include "output/gcs_tokens.h"
#include "output/gcs_url.h"

namespace engine::gcs {
namespace {

namespace json = boost::json;

constexpr const char* kScope = "https://www.googleapis.com/auth/devstorage.read_write";
constexpr std::chrono::seconds kAssertionLifetime{3600};
constexpr std::size_t kLongestToken = 16 << 10;

// RFC 4648 §5, without padding.
std::string to_base64url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('='))
    text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

// The answer of either token service.
Result<FreshToken> take_token(const http::ClientAnswer& answer, const std::string& what) {
  if (answer.status != 200) return refusal(answer, what);
  TRY(const json::object object, json_object(answer, what));
  FreshToken fresh{.text = text_of(object, "access_token")};
  const std::string lifetime = text_of(object, "expires_in");
  std::int64_t seconds = 0;
  std::from_chars(lifetime.data(), lifetime.data() + lifetime.size(), seconds);
  fresh.lifetime = std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, 24L * 3600)};
  const bool is_visible = fresh.text.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "-._~+/=") == std::string::npos;
  if (fresh.text.empty() || fresh.text.size() > kLongestToken || !is_visible || seconds <= 0) {
    return Error{Errc::kUnavailable, what + " gave an answer without a usable token", {}};
  }
  return fresh;
}

class KeyAccount final : public Account {
 public:
  KeyAccount(KeyFile file, const Peer& peer, const Clock& clock)
      : file_(std::move(file)),
        peer_(peer),
        clock_(clock),
        tokens_([this] { return fetch(); }, clock) {}

  Result<std::string> email() override { return file_.email; }
  Result<std::string> token() override { return tokens_.get(); }
  void drop_token(const std::string& token) override { tokens_.drop(token); }
  Result<std::string> sign(std::string_view bytes) override { return file_.key.sign(bytes); }

 private:
  // RFC 7523: a token for a statement about us, which our key signs.
  Result<FreshToken> fetch() const {
    TRY(const std::string assertion, make_assertion());
    const std::string body = query_text({
        {"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
        {"assertion",  assertion                                    }
    });
    TRY(const auto answer,
        peer_.send({.method = "POST",
                    .url = file_.token_url,
                    .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                    .body = body}));
    return take_token(answer, "the token service, asked for a token of '" + file_.email + "',");
  }

  Result<std::string> make_assertion() const {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch();
    json::object header{
        {"alg", "RS256"},
        {"typ", "JWT"  }
    };
    if (!file_.key_id.empty()) header["kid"] = file_.key_id;
    const json::object claims{
        {"iss",   file_.email                       },
        {"scope", kScope                            },
        {"aud",   file_.token_url                   },
        {"iat",   now.count()                       },
        {"exp",   (now + kAssertionLifetime).count()}
    };
    const std::string text =
        to_base64url(json::serialize(header)) + "." + to_base64url(json::serialize(claims));
    TRY(const std::string signature, file_.key.sign(text));
    return text + "." + to_base64url(signature);
  }

  const KeyFile file_;
  const Peer& peer_;
  const Clock& clock_;
  Tokens tokens_;
};

class MachineAccount final : public Account {
 public:
  MachineAccount(const GcsOptions& options, const Peer& peer, const Clock& clock)
      : base_url_("http://" + options.metadata_host +
                  "/computeMetadata/v1/instance/service-accounts/default/"),
        signing_url_(options.signing_url),
        peer_(peer),
        tokens_([this] { return fetch(); }, clock) {}

  Result<std::string> email() override {
    const std::lock_guard lock(mutex_);
    if (!email_.empty()) return email_;
    TRY(const auto answer, ask("email"));
    if (answer.status != 200) return refusal(answer, kMetadata);
    if (answer.body.find('@') == std::string::npos || answer.body.size() > 320 ||
        answer.body.find_first_of(" \t\r\n\"/?#") != std::string::npos) {
      return Error{Errc::kUnavailable, "the metadata server names no account of this machine", {}};
    }
    email_ = answer.body;
    return email_;
  }
  Result<std::string> token() override { return tokens_.get(); }
  void drop_token(const std::string& token) override { tokens_.drop(token); }

  Result<std::string> sign(std::string_view bytes) override {
    TRY(const std::string who, email());
    auto answer = ask_to_sign(who, bytes);
    if (answer && answer->status == 401) answer = ask_to_sign(who, bytes);  // With a fresh token.
    if (!answer) return std::move(answer).error();
    const std::string what = "the signing service of '" + who + "'";
    if (answer->status != 200) return refusal(*answer, what);
    TRY(const json::object object, json_object(*answer, what));
    auto signature = from_base64(text_of(object, "signedBlob"));
    if (!signature || signature->empty()) {
      return Error{Errc::kUnavailable, what + " gave an answer without a signature", {}};
    }
    return signature;
  }

 private:
  static constexpr const char* kMetadata = "the metadata server";

  Result<http::ClientAnswer> ask(const char* member) const {
    auto answer =
        peer_.send({.url = base_url_ + member, .headers = {{"Metadata-Flavor", "Google"}}});
    if (!answer) {
      return Error{answer.error().code,
                   "there is no credentials file, and the metadata server gives no account: " +
                       answer.error().message,
                   {}};
    }
    // Something else may listen at that name where this is no machine of Google's.
    const std::string* flavor = http::find_header(answer->headers, "Metadata-Flavor");
    if (flavor == nullptr || *flavor != "Google") {
      return Error{
          Errc::kUnavailable, "what answers as the metadata server is none of Google's", {}};
    }
    return answer;
  }

  Result<FreshToken> fetch() const {
    TRY(const auto answer, ask("token"));
    return take_token(answer, kMetadata);
  }

  Result<http::ClientAnswer> ask_to_sign(const std::string& who, std::string_view bytes) {
    TRY(const std::string bearer, token());
    const std::string body = json::serialize(json::object{
        {"payload", to_base64(bytes)}
    });
    auto answer = peer_.send({
        .method = "POST",
        .url = signing_url_ + "/v1/projects/-/serviceAccounts/" + percent_encode(who, "@") +
               ":signBlob",
        .headers = {{"Authorization", "Bearer " + bearer}, {"Content-Type", "application/json"}},
        .body = body
    });
    if (answer && answer->status == 401) drop_token(bearer);
    return answer;
  }

  const std::string base_url_;
  const std::string signing_url_;
  const Peer& peer_;
  Tokens tokens_;
  std::mutex mutex_;
  std::string email_;  // Asked for once.
};

}  // namespace

std::unique_ptr<Account> make_key_account(KeyFile file, const Peer& peer, const Clock& clock) {
  return std::make_unique<KeyAccount>(std::move(file), peer, clock);
}

std::unique_ptr<Account> make_machine_account(const GcsOptions& options, const Peer& peer,
                                              const Clock& clock) {
  return std::make_unique<MachineAccount>(options, peer, clock);
}

}  // namespace engine::gcs
