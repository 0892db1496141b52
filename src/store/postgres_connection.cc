#include "store/postgres_connection.h"

#include <algorithm>
#include <cerrno>
#include <tuple>

#include <libpq-fe.h>
#include <poll.h>

namespace engine::postgres {
namespace {

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

bool has_class(std::string_view code, std::initializer_list<std::string_view> classes) {
  return std::any_of(classes.begin(), classes.end(),
                     [&](std::string_view start) { return code.starts_with(start); });
}

// By the classes of https://www.postgresql.org/docs/15/errcodes-appendix.html.
Fault fault_of(std::string_view code) {
  // Insufficient resources, an operator's intervention, a system's error; a server that only reads.
  return has_class(code, {"53", "57", "58", "25006"}) ? Fault::kDatabase : Fault::kStatement;
}

// Deadlocks and the like, and a lock that was not to be had, pass as well.
bool may_pass(std::string_view code) {
  return fault_of(code) == Fault::kDatabase || has_class(code, {"40", "55"});
}

}  // namespace

std::string first_line(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  constexpr std::string_view kPreamble = "failed: ";
  if (const auto at = message.rfind(kPreamble); at != std::string_view::npos) {
    message.remove_prefix(at + kPreamble.size());
  }
  while (message.ends_with('.') || message.ends_with(' '))
    message.remove_suffix(1);
  return std::string(message);
}

bool wait_for_socket(int socket, bool to_read, bool to_write, SteadyTime until) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(until - now()).count();
    if (left <= 0) return false;
    pollfd ready{.fd = socket,
                 .events = static_cast<short>((to_read ? POLLIN : 0) | (to_write ? POLLOUT : 0)),
                 .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (count > 0 || (count < 0 && errno != EINTR)) return true;  // libpq finds out what it is.
  }
}

Connection::Connection(pg_conn* raw, About about) : raw_(raw), about_(std::move(about)) {
  PQsetnonblocking(raw_, 1);
}

Connection::~Connection() {
  PQfinish(raw_);
}

Result<Rows> Connection::run(const Statement& statement, const Parameters& parameters) {
  fault_ = Fault::kNone;
  CHECK_OK(prepare(statement));
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const std::string& value : parameters.values()) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  if (PQsendQueryPrepared(raw_, statement.name, static_cast<int>(values.size()), values.data(),
                          lengths.data(), formats.data(), 1) == 0) {
    return lost(PQerrorMessage(raw_));
  }
  return answer(about_.patience);
}

Status Connection::run_script(const std::string& sql, Milliseconds patience) {
  fault_ = Fault::kNone;
  if (PQsendQuery(raw_, sql.c_str()) == 0) return lost(PQerrorMessage(raw_));
  TRY(const Rows ignored, answer(patience));
  std::ignore = ignored;
  return Ok{};
}

Status Connection::prepare(const Statement& statement) {
  if (prepared_.contains(statement.name)) return Ok{};
  if (PQsendPrepare(raw_, statement.name, statement.sql, 0, nullptr) == 0) {
    return lost(PQerrorMessage(raw_));
  }
  TRY(const Rows ignored, answer(about_.patience));
  std::ignore = ignored;
  prepared_.insert(statement.name);
  return Ok{};
}

Status Connection::ask() {
  return run_script("SELECT");
}

bool Connection::is_alive() {
  if (fault_ == Fault::kLost) return false;
  // Between two statements there is nothing to read, but for a notice or a farewell.
  pollfd ready{.fd = PQsocket(raw_), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 0) == 0) return true;
  const bool alive = PQconsumeInput(raw_) == 1 && PQstatus(raw_) == CONNECTION_OK;
  if (!alive) fault_ = Fault::kLost;
  return alive;
}

// Reads the whole answer: the first error in it, or else its last rows.
Result<Rows> Connection::answer(Milliseconds patience) {
  const SteadyTime until = now() + patience;
  std::optional<Rows> rows;
  std::optional<Error> error;
  for (;;) {
    CHECK_OK(send_and_wait(until));
    Rows next(PQgetResult(raw_));
    if (next.raw() == nullptr) break;
    const auto status = PQresultStatus(next.raw());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      rows = std::move(next);
    } else if (!error) {
      error = failure(next);
    }
  }
  if (PQstatus(raw_) != CONNECTION_OK) {
    const Error reason = lost(PQerrorMessage(raw_));
    return error ? Error{Errc::kUnavailable, error->message, {}} : reason;
  }
  if (error) return *std::move(error);
  if (!rows) return lost("it gave no answer");
  return *std::move(rows);
}

// Sends what is still to be sent, and waits until a result is there.
Status Connection::send_and_wait(SteadyTime until) {
  for (;;) {
    const int flushed = PQflush(raw_);
    if (flushed < 0) return lost(PQerrorMessage(raw_));
    if (flushed == 0 && PQisBusy(raw_) == 0) return Ok{};
    if (!wait_for_socket(PQsocket(raw_), true, flushed > 0, until)) {
      return lost("it does not answer in time");
    }
    if (PQconsumeInput(raw_) == 0) return lost(PQerrorMessage(raw_));
  }
}

Error Connection::failure(const Rows& rows) {
  const char* const code_field = PQresultErrorField(rows.raw(), PG_DIAG_SQLSTATE);
  const char* const text_field = PQresultErrorField(rows.raw(), PG_DIAG_MESSAGE_PRIMARY);
  const std::string code = code_field == nullptr ? "" : code_field;
  const std::string text =
      text_field == nullptr ? first_line(PQresultErrorMessage(rows.raw())) : text_field;
  fault_ = fault_of(code);
  return {may_pass(code) ? Errc::kUnavailable : Errc::kInternal,
          about_.server + ": " + text + " (PostgreSQL's code " + code + ")",
          {}};
}

Error Connection::lost(const std::string& reason) {
  fault_ = Fault::kLost;
  return {Errc::kUnavailable, about_.server + " went away: " + first_line(reason), {}};
}

}  // namespace engine::postgres
