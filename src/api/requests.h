#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "api/handlers.h"
#include "http/offload.h"

namespace engine::api {

// What several routes read out of a request, and how they hand it to the engine.

// True for "application/json; charset=utf-8" where `type` is "application/json".
bool has_content_type(const http::Request& request, std::string_view type);

// kInvalid: a query parameter stands twice, or is none of `known`.
Status check_query(const http::Request& request, std::initializer_list<std::string_view> known);

// The request's Idempotency-Key, if it has one, with the digest of `content` and of the route.
// kInvalid: it is not 1 to 255 printable ASCII characters.
Result<std::optional<IdempotencyKey>> idempotency_key(const http::Request& request,
                                                      std::string_view content);

// What `read` makes of the request's body. A big one is read on the pool, so that it does not hold
// up the requests behind it.
template <typename Read>
boost::asio::awaitable<std::invoke_result_t<Read>> read_body(ContextPtr context,
                                                             std::size_t body_size, Read read) {
  constexpr std::size_t kQuickBody = std::size_t{32} << 10;
  if (body_size <= kQuickBody) co_return read();
  co_return co_await http::offload(context->blocking, std::move(read));
}

// Engine::submit(), awaited. kUnavailable too when the engine gives no answer in time.
boost::asio::awaitable<Result<Engine::Accepted>> submit(ContextPtr context,
                                                        SubmissionRequest request, OwnerId owner,
                                                        std::optional<IdempotencyKey> key);

// A refused submit() as an answer: a conflict can only be the idempotency key's, hence 422.
http::Response refused_submit(const Context& context, Wording wording, const Error& error);

}  // namespace engine::api
