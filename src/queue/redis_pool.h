#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "queue/redis_connection.h"

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

  // `on_away` is called, on any thread, when Redis is found to be away.
  Pool(Address address, Options options, std::function<void()> on_away);

  // All replies, of which none says that Redis cannot serve now. kUnavailable: it is away.
  Result<Answers> ask(std::span<const Command> commands);
  Result<Answers> ask(const Command& command) { return ask(std::span(&command, 1)); }

  // Another connection, the caller's own: for commands that wait.
  Result<std::unique_ptr<Connection>> open();

  bool is_away() const;
  std::optional<std::string> problem() const;  // Why it is away, in one sentence.

  // Looks whether Redis is back, and says so.
  Status try_again();

  Milliseconds command_timeout() const { return options_.command_timeout; }

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Line = std::unique_ptr<Connection>;

  // One call, on the stack of its thread.
  struct Call {
    std::span<const Command> commands;
    Result<Answers> result;
    bool is_taken = false;  // Some thread is asking it; then it will be answered.
    bool is_answered = false;
    std::condition_variable changed;
  };
  using Calls = std::vector<Call*>;

  void serve(Lock& lock);  // Asks what waits.
  void exchange(const Calls& calls, Line& line);
  Result<Line> connect();
  Error away(const Error& why);

  const Address address_;
  const Options options_;
  const std::function<void()> on_away_;
  mutable std::mutex mutex_;  // Guards the rest.
  std::vector<Call*> waiting_;
  std::vector<Line> idle_;
  int lent_ = 0;
  bool is_away_ = false;
  std::string why_;
};

}  // namespace engine::redis
