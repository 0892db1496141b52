#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "store/postgres_values.h"

struct pg_conn;

namespace engine::postgres {

// One SQL statement; a connection prepares it when it is first used, and keeps it.
struct Statement {
  const char* name;
  const char* sql;
};

// What a failed call means for others.
enum class Fault {
  kNone,
  kStatement,  // This statement cannot be; others can.
  kDatabase,   // Nothing can be done now: a full disk, a server that goes down. It may pass.
  kLost,       // The connection is gone; nobody knows what became of the statement.
};

// One session; not safe for two threads at once. Every call ends by its time, whatever the server
// does. Errors name the server. kUnavailable: it may go another time.  kInternal: it may not.
class Connection {
 public:
  struct About {
    std::string server;     // As people call it: "the database 'engine' at db:5432".
    Milliseconds patience;  // For one answer; more than the server's own statement_timeout.
  };
  // Takes over `raw`, which is connected.
  Connection(pg_conn* raw, About about);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  Result<Rows> run(const Statement& statement, const Parameters& parameters = {});

  // Statements without parameters, as one transaction, whose rows nobody wants.
  Status run_script(const std::string& sql, Milliseconds patience);
  Status run_script(const std::string& sql) { return run_script(sql, about_.patience); }

  // Has the server answer.
  Status ask();

  // Looks whether the server has hung up meanwhile; asks it nothing.
  bool is_alive();

  Fault fault() const { return fault_; }  // Of the latest call.
  bool is_lost() const { return fault_ == Fault::kLost; }

 private:
  Status prepare(const Statement& statement);
  Result<Rows> answer(Milliseconds patience);
  Status send_and_wait(SteadyTime until);
  Error failure(const Rows& rows);
  Error lost(const std::string& reason);

  pg_conn* const raw_;
  const About about_;
  std::set<std::string_view> prepared_;
  Fault fault_ = Fault::kNone;
};

// The first line of what libpq says, without its preamble.
std::string first_line(std::string_view message);

// Waits until the socket may be read, or written if that is wanted too. False: not in time.
bool wait_for_socket(int socket, bool to_read, bool to_write, SteadyTime until);

}  // namespace engine::postgres
