#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/doorbell.h"
#include "queue/redis_connection.h"
#include "queue/redis_watch.h"

namespace engine::redis {

// Connections for commands that Redis answers at once. Calls that come while every connection is
// busy are sent together as soon as one is free, by one of their threads: the more calls, the less
// each costs. Once Redis is known to be away every call fails without waiting, until try_again()
// has reached it. Safe from any thread.
class Pool {
 public:
  struct Options {
    Milliseconds connect_timeout{2'000};
    Milliseconds command_timeout{5'000};
    int connections = 2;
  };
  struct Answers {
    std::vector<Reply> replies;
    bool is_repeated = false;  // The line was cut: the commands may have been carried out twice.
  };

  // `on_away` is called, on any thread, when Redis is found to be away; `on_told` after a number of
  // posts were answered.
  Pool(Address address, Options options, std::function<void()> on_away,
       std::function<void()> on_told);

  // All replies, of which none says that Redis cannot serve now. kUnavailable: it is away.
  Result<Answers> ask(std::span<const Command> commands);
  Result<Answers> ask(const Command& command) { return ask(std::span(&command, 1)); }

  // Whether what is posted while nobody else asks is sent by who posts it, or after a moment, with
  // what others post meanwhile: that is cheaper where there are others.
  enum class Haste { kAlone, kTogether };

  // Asks without waiting. `on_answer` is called once, on a thread that it must not hold up, so it
  // may not ask(); where Redis is known to be away, before this returns. What is posted must bear
  // to be carried out while others ask.
  using OnAnswer = std::function<void(Result<Answers>)>;
  void post(std::vector<Command> commands, Haste haste, OnAnswer on_answer);
  void flush();  // Waits until all that was posted is answered.

  // For whoever would only sleep until what was posted is answered: reads the answer instead of
  // the pool's own thread, which then need not wake. Returns at once if there is nothing to read.
  void help() {
    if (is_flying_.load(std::memory_order_acquire)) read_flying();
  }

  // Another connection, the caller's own: for commands that wait.
  Result<std::unique_ptr<Connection>> open();

  bool is_away() const;
  std::optional<std::string> problem() const;  // Why it is away, in one sentence.

  // Looks whether Redis is back, and says so.
  Status try_again();

  Milliseconds command_timeout() const { return options_.command_timeout; }

 private:
  using Line = std::unique_ptr<Connection>;

  // One call, on the stack of its thread.
  struct Call {
    std::span<const Command> commands;
    Result<Answers> result;
  };
  // One for which no thread waits.
  struct Posted {
    std::vector<Command> commands;
    OnAnswer on_answer;
    Call call;
  };
  // Calls that are asked together, by the thread of the first: when `turn` rings it has the line,
  // which may be none. `over`: each has its result. Where the first was posted, the sender asks;
  // or it is sent by who posted it, and its answer is read by the sender or by a helper.
  struct Batch {
    std::vector<Call*> calls;
    std::deque<Posted> posted;  // Those of the calls; they stay where they are.
    Line line;
    Doorbell turn;
    Doorbell over;
    bool is_the_senders = false;
    bool is_sent = false;
    std::chrono::steady_clock::time_point sent_at;
    bool is_settled = false;  // Without having been asked; set before its turn.
  };

  // The batch that the call went into; true: it is its first.
  Result<std::pair<std::shared_ptr<Batch>, bool>> enter(Call& call);
  void serve(Batch& batch);
  void pass_on(Line line);  // To the batch that waits; the line may be none.
  void settle(Batch& batch, const Error& why);
  void finish(Batch& batch);  // Tells everyone of his result.
  Line take_idle();
  void launch(std::shared_ptr<Batch> batch);
  std::shared_ptr<Batch> take_flying();
  void read_flying();
  void ring_sender();
  void look_after_posts(const std::stop_token& stop);
  std::shared_ptr<Batch> next_post(bool has_answer);
  static std::vector<Connection::Group> groups_of(const Batch& batch);
  void ask_all(Batch& batch);
  Result<Line> connect();
  Error away(const Error& why);

  const Address address_;
  const Options options_;
  const std::function<void()> on_away_;
  const std::function<void()> on_told_;
  mutable std::mutex mutex_;  // Guards the rest.
  // None, unless every connection is lent or the sender is on its way.
  std::deque<std::shared_ptr<Batch>> waiting_;
  std::vector<Line> idle_;
  int lent_ = 0;
  bool is_away_ = false;
  std::string why_;
  std::size_t posted_ = 0;  // And not answered.
  std::condition_variable answered_;
  std::shared_ptr<Batch> flying_;  // Sent, and its answer read by nobody yet.
  std::atomic<bool> is_flying_ = false;
  Watch watch_;                  // The sender's.
  bool is_sender_idle_ = false;  // It waits, or is about to.
  std::jthread sender_;          // Begins with the first post. Last: it uses all of the above.
};

}  // namespace engine::redis
