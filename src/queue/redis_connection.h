#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "queue/redis_address.h"
#include "queue/redis_command.h"
#include "queue/redis_reader.h"
#include "queue/redis_reply.h"

struct redisContext;  // NOLINT: hiredis names it so

namespace engine::redis {

// One connection to Redis. Not for two threads at once, but for interrupt(). After a fault of the
// line every call fails: drop it and open another.
class Connection {
 public:
  // Connects, says who it is and chooses the database, all within `patience`.
  // kUnavailable: nobody answers.  kInvalid: the password or the database is refused.
  static Result<std::unique_ptr<Connection>> open(const Address& address, Milliseconds patience);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends all commands and reads all replies. A script that Redis does not know (any more) is sent
  // again, whole, and so is each plain command after it: scripts among the commands may thus be
  // carried out in another order. A reply may be an error.
  // kUnavailable: the line is broken, or `patience` is over.
  using Replies = std::vector<Reply>;
  Result<Replies> ask(std::span<const Command> commands, Milliseconds patience);

  // The same for several groups of commands that have nothing to do with each other.
  using Group = std::span<const Command>;
  Result<std::vector<Replies>> ask_all(std::span<const Group> groups, Milliseconds patience);
  // In two steps. Between them nothing else is asked.
  Status send_all(std::span<const Group> groups, Milliseconds patience);
  Result<std::vector<Replies>> receive_all(std::span<const Group> groups, Milliseconds patience);

  // From any thread: ask() fails at once, now and later.
  void interrupt();

  // Readable when a reply has come, or the line is broken.
  int descriptor() const;

  // Redis did not answer in time, though the line seems to be whole.
  bool is_silent() const { return is_silent_; }

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  explicit Connection(std::unique_ptr<redisContext, Free> context);

  Status introduce(const Address& address, Milliseconds patience);
  Status repeat_unknown(Group commands, Replies& replies, Milliseconds patience);
  Status send(std::string_view bytes, Milliseconds patience);
  Result<Reply> receive(Milliseconds patience);
  Error broken(const std::string& why);
  Error silent();

  const std::unique_ptr<redisContext, Free> context_;
  Reader reader_;
  bool is_good_ = true;
  bool is_silent_ = false;
};

}  // namespace engine::redis
