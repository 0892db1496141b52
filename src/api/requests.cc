#include "api/requests.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "base/encoding.h"
#include "base/hash.h"
#include "domain/names.h"
#include "http/mailbox.h"

namespace engine::api {
namespace {

// The store answers within its commit; this is for one whose disk hangs.
constexpr std::chrono::seconds kStorePatience{30};
constexpr std::size_t kLongestKey = 255;

bool is_printable(char c) {
  return c >= 0x20 && c <= 0x7e;
}

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

}  // namespace

bool has_content_type(const http::Request& request, std::string_view type) {
  const std::string* header = request.header("Content-Type");
  if (header == nullptr) return false;
  std::string_view given = std::string_view(*header).substr(0, header->find(';'));
  given = given.substr(0, given.find_last_not_of(" \t") + 1);
  return std::ranges::equal(given, type, same_letter);
}

Status check_query(const http::Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end()) {
      return Error{Errc::kInvalid, "unknown query parameter " + quote(name), name};
    }
    const auto same = [&name](const auto& other) { return other.first == name; };
    if (std::ranges::count_if(request.query, same) > 1) {
      return Error{Errc::kInvalid, "the query parameter " + name + " stands twice", name};
    }
  }
  return Ok{};
}

Result<std::optional<IdempotencyKey>> idempotency_key(const http::Request& request,
                                                      std::string_view content) {
  const std::string* key = request.header("Idempotency-Key");
  if (key == nullptr) return std::optional<IdempotencyKey>{};
  if (key->empty() || key->size() > kLongestKey || !std::ranges::all_of(*key, is_printable)) {
    return Error{Errc::kInvalid, "Idempotency-Key must be 1 to 255 printable ASCII characters",
                 "Idempotency-Key"};
  }
  const std::string digest = sha256(sha256(request.route) + sha256(content));
  return std::optional(IdempotencyKey{*key, to_hex(digest)});
}

boost::asio::awaitable<Result<Engine::Accepted>> submit(ContextPtr context,
                                                        SubmissionRequest request, OwnerId owner,
                                                        std::optional<IdempotencyKey> key) {
  using Answers = http::Mailbox<Result<Engine::Accepted>>;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto answers = std::make_shared<Answers>(executor);
  Engine::OnAccepted on_accepted = [answers](Result<Engine::Accepted> accepted) {
    answers->put(std::move(accepted));
  };
  context->engine.submit(std::move(request), std::move(owner), std::move(key),
                         std::move(on_accepted));
  const auto deadline = std::chrono::steady_clock::now() + kStorePatience;
  auto answer = co_await answers->take(deadline);
  if (!answer) co_return Error{Errc::kUnavailable, "the store gave no answer in time", {}};
  co_return *std::move(answer);
}

http::Response refused_submit(const Context& context, Wording wording, const Error& error) {
  if (error.code == Errc::kConflict) {
    return refuse(wording, 422, error.message, "Idempotency-Key");
  }
  return refuse(wording, error, context.options.retry_after);
}

}  // namespace engine::api
