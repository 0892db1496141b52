#include "queue/redis_pool.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace engine::redis {
namespace {

constexpr std::size_t kMostTogether = 64;

// A line that lies idle takes so much at once, whatever Redis is busy with.
constexpr std::size_t kSentAtOnce = std::size_t{8} << 10;

// What a Redis says that is there, but cannot serve now.
constexpr std::array<std::string_view, 9> kCannotServe = {"LOADING",  "BUSY",        "MASTERDOWN",
                                                          "READONLY", "OOM",         "MISCONF",
                                                          "NOAUTH",   "CLUSTERDOWN", "TRYAGAIN"};

bool cannot_serve(const Reply& reply) {
  return reply.is_error() && std::ranges::any_of(kCannotServe, [&](std::string_view word) {
           return reply.text.starts_with(word);
         });
}

std::size_t size_of(std::span<const Command> commands) {
  std::size_t size = 0;
  for (const Command& command : commands)
    size += command.size();
  return size;
}

}  // namespace

Pool::Pool(Address address, Options options, std::function<void()> on_away,
           std::function<void()> on_told)
    : address_(std::move(address)),
      options_(options),
      on_away_(std::move(on_away)),
      on_told_(std::move(on_told)) {}

Result<Pool::Answers> Pool::ask(std::span<const Command> commands) {
  Call call{.commands = commands};
  const auto deadline = std::chrono::steady_clock::now() + options_.command_timeout;
  TRY(const auto entered, enter(call));
  const auto& [batch, is_first] = entered;
  if (!is_first) {
    batch->over.wait();
    return std::move(call.result);
  }
  if (!batch->turn.wait_until(deadline)) {
    std::unique_lock lock(mutex_);
    if (std::erase(waiting_, batch) == 1) {
      lock.unlock();
      settle(*batch, {Errc::kUnavailable, "every connection to Redis is busy", {}});
    } else {
      lock.unlock();
      batch->turn.wait();  // It is on its way.
    }
  }
  if (!batch->is_settled) serve(*batch);
  return std::move(call.result);
}

Result<std::pair<std::shared_ptr<Pool::Batch>, bool>> Pool::enter(Call& call) {
  const std::lock_guard lock(mutex_);
  if (is_away_) return Error{Errc::kUnavailable, why_, {}};
  if (!waiting_.empty() && waiting_.back()->calls.size() < kMostTogether) {
    waiting_.back()->calls.push_back(&call);
    return std::pair(waiting_.back(), false);
  }
  auto batch = std::make_shared<Batch>();
  batch->calls.push_back(&call);
  if (lent_ == options_.connections) {
    waiting_.push_back(batch);
    return std::pair(std::move(batch), true);
  }
  ++lent_;
  batch->line = take_idle();
  batch->turn.ring();
  return std::pair(std::move(batch), true);
}

Pool::Line Pool::take_idle() {
  if (idle_.empty()) return nullptr;
  Line line = std::move(idle_.back());
  idle_.pop_back();
  return line;
}

void Pool::post(std::vector<Command> commands, Haste haste, OnAnswer on_answer) {
  std::unique_lock lock(mutex_);
  if (is_away_) {
    Error error{Errc::kUnavailable, why_, {}};
    lock.unlock();
    on_answer(std::move(error));
    return on_told_();
  }
  ++posted_;
  if (!sender_.joinable()) {
    sender_ = std::jthread([this](const std::stop_token& stop) { look_after_posts(stop); });
  }
  const bool joins = !waiting_.empty() && waiting_.back()->calls.size() < kMostTogether;
  auto batch = joins ? waiting_.back() : std::make_shared<Batch>();
  Posted& posted = batch->posted.emplace_back(std::move(commands), std::move(on_answer));
  posted.call.commands = posted.commands;
  batch->calls.push_back(&posted.call);
  if (joins) return;
  const bool is_alone = haste == Haste::kAlone && lent_ == 0 && !idle_.empty();
  if (is_alone && size_of(posted.commands) <= kSentAtOnce) {
    ++lent_;
    batch->line = take_idle();
    lock.unlock();
    return launch(std::move(batch));
  }
  batch->is_the_senders = true;
  waiting_.push_back(std::move(batch));
  ring_sender();
}

// With the lock held.
void Pool::ring_sender() {
  if (std::exchange(is_sender_idle_, false)) watch_.ring();
}

// A thread that is woken to send this would only come later.
void Pool::launch(std::shared_ptr<Batch> batch) {
  // If it fails, so does receiving, which sees to it.
  (void)batch->line->send_all(groups_of(*batch), options_.command_timeout);
  batch->is_sent = true;
  batch->sent_at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  watch_.begin(batch->line->descriptor());
  flying_ = std::move(batch);
  is_flying_.store(true, std::memory_order_release);
}

// With the lock held.
std::shared_ptr<Pool::Batch> Pool::take_flying() {
  if (flying_ != nullptr) watch_.end(flying_->line->descriptor());
  is_flying_.store(false, std::memory_order_release);
  return std::exchange(flying_, nullptr);
}

void Pool::read_flying() {
  std::unique_lock lock(mutex_);
  const auto batch = take_flying();
  lock.unlock();
  if (batch != nullptr) serve(*batch);
}

void Pool::flush() {
  help();
  std::unique_lock lock(mutex_);
  answered_.wait(lock, [this] { return posted_ == 0; });
}

void Pool::look_after_posts(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { watch_.ring(); });
  bool has_answer = false;
  while (!stop.stop_requested()) {
    if (const auto batch = next_post(has_answer)) {
      serve(*batch);
    } else {
      has_answer = watch_.wait(options_.command_timeout);
    }
  }
}

// For the sender. nullptr: there is nothing to do.
std::shared_ptr<Pool::Batch> Pool::next_post(bool has_answer) {
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty() && waiting_.front()->is_the_senders && lent_ < options_.connections) {
    auto batch = std::move(waiting_.front());
    waiting_.pop_front();
    ++lent_;
    batch->line = take_idle();
    return batch;
  }
  const bool is_due =
      flying_ != nullptr && (has_answer || std::chrono::steady_clock::now() - flying_->sent_at >=
                                               options_.command_timeout);
  is_sender_idle_ = !is_due;
  return is_due ? take_flying() : nullptr;
}

void Pool::serve(Batch& batch) {
  ask_all(batch);
  pass_on(std::move(batch.line));
  finish(batch);
}

void Pool::finish(Batch& batch) {
  batch.over.ring();
  if (batch.posted.empty()) return;
  for (Posted& posted : batch.posted)
    posted.on_answer(std::move(posted.call.result));
  on_told_();
  const std::lock_guard lock(mutex_);
  posted_ -= batch.posted.size();
  if (posted_ == 0) answered_.notify_all();
}

void Pool::pass_on(Line line) {
  std::shared_ptr<Batch> next;
  {
    const std::lock_guard lock(mutex_);
    if (is_away_) line.reset();
    if (waiting_.empty() || waiting_.front()->is_the_senders) {
      --lent_;
      if (line != nullptr) idle_.push_back(std::move(line));
      if (!waiting_.empty()) ring_sender();
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next->line = std::move(line);
  next->turn.ring();
}

void Pool::settle(Batch& batch, const Error& why) {
  for (Call* call : batch.calls)
    call->result = why;
  batch.is_settled = true;
  finish(batch);
}

std::vector<Connection::Group> Pool::groups_of(const Batch& batch) {
  std::vector<Connection::Group> groups;
  groups.reserve(batch.calls.size());
  for (const Call* call : batch.calls)
    groups.push_back(call->commands);
  return groups;
}

void Pool::ask_all(Batch& batch) {
  Line& line = batch.line;
  const auto groups = groups_of(batch);
  const auto fail = [&](const Error& why) {
    line.reset();
    const Error error = away(why);
    for (Call* call : batch.calls)
      call->result = error;
  };
  bool is_repeated = false;
  Result<std::vector<Connection::Replies>> replies;
  if (line != nullptr) {
    replies = batch.is_sent ? line->receive_all(groups, options_.command_timeout)
                            : line->ask_all(groups, options_.command_timeout);
    // It may have been cut long ago, while it lay idle. Everything we ask bears to be asked twice.
    is_repeated = !replies && !line->is_silent();
    if (!replies && !is_repeated) return fail(replies.error());
  }
  if (!replies) {
    auto another = connect();
    if (!another) return fail(another.error());
    line = *std::move(another);
    replies = line->ask_all(groups, options_.command_timeout);
    if (!replies) return fail(replies.error());
  }
  for (std::size_t i = 0; i < batch.calls.size(); ++i) {
    auto& own = (*replies)[i];
    const auto refusal = std::ranges::find_if(own, cannot_serve);
    auto& result = batch.calls[i]->result;
    if (refusal != own.end()) {
      result = Error{Errc::kUnavailable, "Redis says: " + refusal->text, {}};
    } else {
      result = Answers{.replies = std::move(own), .is_repeated = is_repeated};
    }
  }
}

Result<Pool::Line> Pool::open() {
  {
    const std::lock_guard lock(mutex_);
    if (is_away_) return Error{Errc::kUnavailable, why_, {}};
  }
  return connect();
}

std::optional<std::string> Pool::problem() const {
  const std::lock_guard lock(mutex_);
  if (!is_away_) return std::nullopt;
  return why_;
}

bool Pool::is_away() const {
  const std::lock_guard lock(mutex_);
  return is_away_;
}

Status Pool::try_again() {
  TRY(auto line, Connection::open(address_, options_.connect_timeout));
  const std::lock_guard lock(mutex_);
  is_away_ = false;
  idle_.push_back(std::move(line));
  return Ok{};
}

Result<Pool::Line> Pool::connect() {
  auto connection = Connection::open(address_, options_.connect_timeout);
  if (!connection) return away(connection.error());
  return connection;
}

Error Pool::away(const Error& why) {
  std::deque<std::shared_ptr<Batch>> waiting;
  {
    const std::lock_guard lock(mutex_);
    is_away_ = true;
    why_ = why.message;
    idle_.clear();
    waiting.swap(waiting_);
  }
  const Error error{Errc::kUnavailable, why.message, {}};
  for (const auto& batch : waiting) {
    settle(*batch, error);
    batch->turn.ring();
  }
  on_away_();
  return error;
}

}  // namespace engine::redis
