#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "api/event_text.h"
#include "api/handlers.h"
#include "api/rendering.h"
#include "http/mailbox.h"
#include "http/offload.h"

namespace engine::api {
namespace {

using MaybeEvent = std::optional<Event>;

// What the engine has told and the client has not yet taken. Bounded: a client who leaves more than
// the allowance behind is cut off; he may come back and gets the state so far.
class Backlog {
 public:
  Backlog(const boost::asio::any_io_executor& executor, Bytes allowance)
      : mailbox_(std::make_shared<http::Mailbox<MaybeEvent>>(executor)),
        allowance_(allowance.count) {}

  // From the engine's threads.
  void put(const Event& event) {
    if (cut_) return;
    const std::int64_t waiting = waiting_ += cost(event);
    if (live_ && waiting > allowance_) {
      end();
    } else {
      mailbox_->put(event);
    }
  }

  // From now on the allowance counts, on top of the state so far, which is bounded elsewhere.
  void go_live() {
    allowance_ += waiting_;
    live_ = true;
  }

  // The stream is to end without a result.
  void end() {
    cut_ = true;
    mailbox_->put(std::nullopt);
  }
  bool is_cut() const { return cut_; }

  // Nothing: the deadline passed.
  boost::asio::awaitable<std::optional<MaybeEvent>> take(SteadyTime deadline) {
    auto taken = co_await mailbox_->take(deadline);
    if (taken && *taken) waiting_ -= cost(**taken);
    co_return taken;
  }

 private:
  static std::int64_t cost(const Event& event) {
    return static_cast<std::int64_t>(sizeof(Event) + event.bytes.size());
  }

  const std::shared_ptr<http::Mailbox<MaybeEvent>> mailbox_;
  std::atomic<std::int64_t> allowance_;
  std::atomic<std::int64_t> waiting_ = 0;
  std::atomic<bool> live_ = false;
  std::atomic<bool> cut_ = false;
};

// One client's stream. The subscription goes first, so that nothing is put any more.
struct Feed {
  ContextPtr context;
  std::shared_ptr<Backlog> backlog;
  std::unique_ptr<Engine::Subscription> subscription;
};

// The whole submission, as the last event.
boost::asio::awaitable<void> write_result(std::shared_ptr<Feed> feed, std::uint64_t id,
                                          std::shared_ptr<const Record> record,
                                          http::StreamWriter& writer) {
  auto call = [&] { return render(feed->context->engine, *record); };
  const auto json = co_await http::offload(feed->context->blocking, call);
  if (json) co_await writer.write(event_text(id, "result", *json));
}

boost::asio::awaitable<void> write_events(std::shared_ptr<Feed> feed, http::StreamWriter& writer) {
  const std::shared_ptr<Backlog> backlog = feed->backlog;
  const std::stop_callback on_stop(feed->context->options.stopping, [backlog] { backlog->end(); });
  std::uint64_t id = 0;
  while (!backlog->is_cut()) {
    const auto deadline = std::chrono::steady_clock::now() + feed->context->options.keep_alive;
    const auto event = co_await backlog->take(deadline);
    std::string text = ": keep-alive\n\n";
    if (event) {
      if (!*event) co_return;
      text = event_text(++id, event_name(**event), event_json(**event));
    }
    const bool is_taken = co_await writer.write(std::move(text));
    if (!is_taken) co_return;
    if (event && (*event)->record != nullptr) {
      co_return co_await write_result(feed, ++id, (*event)->record, writer);
    }
  }
}

}  // namespace

Answer stream_events(ContextPtr context, OwnerId owner, http::Request request) {
  const SubmissionId id{request.captures.at(0)};
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto backlog = std::make_shared<Backlog>(executor, context->options.event_backlog);
  Engine::Listener listener = [backlog](const Event& event) { backlog->put(event); };
  auto call = [&] { return context->engine.subscribe(id, owner, std::move(listener)); };
  auto subscription = co_await http::offload(context->blocking, call);
  if (!subscription) co_return context->refused(subscription.error());
  backlog->go_live();

  const auto feed = std::make_shared<Feed>(context, backlog, *std::move(subscription));
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers = {
      {"Cache-Control",          "no-store"},
      {"X-Content-Type-Options", "nosniff" },
      {"X-Accel-Buffering",      "no"      }, // A proxy is not to hold events back.
  };
  if (request.method == "HEAD") co_return response;
  response.stream = [feed](http::StreamWriter& writer) { return write_events(feed, writer); };
  co_return response;
}

}  // namespace engine::api
