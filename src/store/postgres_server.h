#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/postgres_connection.h"
#include "store/store.h"

namespace engine::postgres {

// Where the database is, and how to get a session with it. A value; safe from any thread.
class Server {
 public:
  // kInvalid: the URL is not well-formed. Looks at the text only.
  static Result<Server> parse(const PostgresOptions& options);

  // A session, set up as our statements need it. kUnavailable: the server cannot be reached, or not
  // now.  kInvalid: it does not let us in, or is not of the kind that is needed. The message says
  // which server it is, never the password, and what to do.
  Result<std::unique_ptr<Connection>> connect() const;

  // As people call it: "the database 'engine' at db:5432".
  const std::string& name() const { return name_; }

 private:
  Server(PostgresOptions options, std::string name)
      : options_(std::move(options)), name_(std::move(name)) {}
  Error refused(pg_conn* raw) const;
  Status check(pg_conn* raw) const;
  Status set_up(Connection& connection) const;

  PostgresOptions options_;
  std::string name_;
};

}  // namespace engine::postgres
