#include <atomic>
#include <charconv>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "api/handlers.h"
#include "api/outcome_json.h"
#include "api/rendering.h"
#include "api/request_json.h"
#include "api/requests.h"
#include "base/json_writer.h"
#include "http/mailbox.h"

namespace engine::api {
namespace {

struct Wait {
  bool wanted = false;
  Milliseconds patience{0};
};

Result<Wait> wait_of(const http::Request& request, Milliseconds longest) {
  CHECK_OK(check_query(request, {"wait", "timeoutMs"}));
  Wait wait{.patience = longest};
  if (const std::string* wanted = request.parameter("wait")) {
    if (*wanted != "true" && *wanted != "false") {
      return Error{Errc::kInvalid, "wait must be true or false", "wait"};
    }
    wait.wanted = *wanted == "true";
  }
  if (const std::string* timeout = request.parameter("timeoutMs")) {
    std::int64_t number = -1;
    const char* end = timeout->data() + timeout->size();
    const auto parsed = std::from_chars(timeout->data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number < 0 || number > longest.count()) {
      return Error{Errc::kInvalid,
                   "timeoutMs must be a whole number from 0 to " + std::to_string(longest.count()),
                   "timeoutMs"};
    }
    wait.patience = Milliseconds{number};
  }
  return wait;
}

struct Parsed {
  SubmissionRequest request;
  std::optional<IdempotencyKey> key;
};

Result<Parsed> parse(const http::Request& request) {
  Parsed parsed;
  TRY(parsed.key, idempotency_key(request, request.body));
  TRY(parsed.request, parse_submission(request.body));
  return parsed;
}

std::string brief(const SubmissionId& id, State state) {
  JsonWriter json;
  json.begin_object().member("id", id.text).member("state", to_string(state)).end_object();
  return json.take();
}

// What a waiting client is told: the end, or nothing when the server stops, or the client is gone.
struct Ending {
  using Mailbox = http::Mailbox<std::shared_ptr<const Record>>;
  explicit Ending(const boost::asio::any_io_executor& executor)
      : mailbox(std::make_shared<Mailbox>(executor)) {}

  std::shared_ptr<Mailbox> mailbox;
  std::atomic<State> state{State::kQueued};
};

// 200 and the whole submission when it ends in time; else 202 and where it stands.
Answer await_end(ContextPtr context, OwnerId owner, SubmissionId id, Milliseconds patience,
                 std::stop_token client_gone) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto ending = std::make_shared<Ending>(executor);
  Engine::Listener listener = [ending](const Event& event) {
    if (event.kind != Event::Kind::kState) return;
    ending->state = event.state;
    if (is_final(event.state)) ending->mailbox->put(event.record);
  };
  auto call = [&] { return context->engine.subscribe(id, owner, std::move(listener)); };
  auto subscription = co_await http::offload(context->blocking, call);
  if (!subscription) co_return context->refused(subscription.error());

  const std::stop_callback on_stop(context->options.stopping,
                                   [ending] { ending->mailbox->put(nullptr); });
  const std::stop_callback on_gone(std::move(client_gone),
                                   [ending] { ending->mailbox->put(nullptr); });
  const auto record = co_await ending->mailbox->take(deadline);
  if (!record || *record == nullptr) co_return json_response(202, brief(id, ending->state));
  co_return co_await render(context, *record);
}

}  // namespace

Answer create_submission(ContextPtr context, OwnerId owner, http::Request request) {
  if (!has_content_type(request, "application/json")) {
    co_return refuse(Wording::kFull, 415, "Content-Type must be application/json", "Content-Type");
  }
  const auto wait = wait_of(request, context->options.longest_wait);
  if (!wait) co_return context->refused(wait.error());

  auto read = [&] { return parse(request); };
  auto parsed = co_await read_body(context, request.body.size(), read);
  if (!parsed) co_return context->refused(parsed.error());
  request.body = {};  // A waiting client is to be cheap.

  const auto accepted =
      co_await submit(context, std::move(parsed->request), owner, std::move(parsed->key));
  if (!accepted) co_return refused_submit(*context, Wording::kFull, accepted.error());
  if (wait->wanted) {
    co_return co_await await_end(context, owner, accepted->id, wait->patience, request.client_gone);
  }
  auto response = json_response(201, brief(accepted->id, accepted->state));
  response.headers.emplace_back("Location", "/api/v1/submissions/" + accepted->id.text);
  co_return response;
}

Answer show_submission(ContextPtr context, OwnerId owner, http::Request request) {
  const SubmissionId id{request.captures.at(0)};
  if (const auto record = context->engine.at_hand(id, owner)) {
    co_return rendered(*context, *record);
  }
  auto call = [&] { return find_and_render(context->engine, id, owner); };
  const auto json = co_await http::offload(context->blocking, call);
  if (!json) co_return context->refused(json.error());
  co_return json_response(200, *json);
}

Answer cancel_submission(ContextPtr context, OwnerId owner, http::Request request) {
  const SubmissionId id{request.captures.at(0)};
  auto call = [&] { return context->engine.cancel(id, owner); };
  const auto cancelled = co_await http::offload(context->blocking, call);
  if (!cancelled) co_return context->refused(cancelled.error());
  co_return json_response(200, brief(id, State::kCancelled));
}

}  // namespace engine::api
