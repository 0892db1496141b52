#include "store/postgres_server.h"

#include <algorithm>
#include <map>

#include <libpq-fe.h>

namespace engine::postgres {
namespace {

constexpr int kLeastVersion = 150'000;

// How much longer than the server's own limit an answer may take, before it counts as gone.
constexpr Milliseconds kAnswerSlack{5'000};

using Raw = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Error malformed() {
  return {Errc::kInvalid,
          "the database's URL is not well-formed; write "
          "postgres://user:password@host:port/database, with special characters of the password "
          "as %XX",
          {}};
}

// libpq would take part of a password with a bare '@', '/' or ':' for the host, the port or the
// database, and say it in its errors.
bool may_show_password(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  url.remove_prefix(scheme + 3);
  const auto at = url.rfind('@', url.find('?'));
  return at != std::string_view::npos &&
         (url.find('@') != at || url.substr(0, at).find('/') != std::string_view::npos);
}

Result<std::map<std::string, std::string>> words_of(const std::string& url) {
  if (may_show_password(url)) return malformed();
  char* reason = nullptr;  // May quote the URL, so nobody gets to see it.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> words(
      PQconninfoParse(url.c_str(), &reason), PQconninfoFree);
  PQfreemem(reason);
  if (!words) return malformed();
  std::map<std::string, std::string> found;
  for (const PQconninfoOption* word = words.get(); word->keyword != nullptr; ++word) {
    if (word->val != nullptr) found[word->keyword] = word->val;
  }
  const std::string& port = found["port"];
  if (port.find_first_not_of("0123456789,") != std::string::npos) return malformed();
  return found;
}

// What the server said when it refused us: its SQLSTATE and its message, as it is worded when
// verbosity is high ("FATAL:  28P01: password ...").
struct Refusal {
  std::string code;  // Empty: it was not the server that spoke.
  std::string text;
};

Refusal read_refusal(std::string_view message) {
  const auto severity = message.find("FATAL:");
  if (severity == std::string_view::npos) return {.text = first_line(message)};
  message.remove_prefix(severity + 6);
  message.remove_prefix(std::min(message.find_first_not_of(' '), message.size()));
  if (message.size() < 7 || message[5] != ':') return {.text = first_line(message)};
  return {.code = std::string(message.substr(0, 5)), .text = first_line(message.substr(7))};
}

}  // namespace

Result<Server> Server::parse(const PostgresOptions& options) {
  TRY(auto words, words_of(options.url));
  const std::string& user = words["user"];
  const std::string& database = words["dbname"].empty() ? user : words["dbname"];
  const std::string& host = words["host"].empty() ? words["hostaddr"] : words["host"];
  const std::string& port = words["port"];
  return Server(options, "the database '" + database + "' at " +
                             (host.empty() ? "this machine" : host) + ":" +
                             (port.empty() ? "5432" : port));
}

Result<std::unique_ptr<Connection>> Server::connect() const {
  const SteadyTime until = std::chrono::steady_clock::now() + options_.connect_timeout;
  // What comes after the URL wins over it. A peer whose machine has died is noticed by these.
  const char* const keywords[] = {"dbname",
                                  "application_name",
                                  "client_encoding",
                                  "keepalives_idle",
                                  "keepalives_interval",
                                  "keepalives_count",
                                  nullptr};
  const char* const values[] = {
      options_.url.c_str(), "execution-engine", "UTF8", "10", "5", "3", nullptr};
  Raw session(PQconnectStartParams(keywords, values, 1), PQfinish);
  PGconn* const raw = session.get();
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);
  auto state = PQstatus(raw) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    const bool reads = state == PGRES_POLLING_READING;
    if (!wait_for_socket(PQsocket(raw), reads, !reads, until)) {
      return Error{Errc::kUnavailable,
                   name_ + " cannot be reached: no answer in time; see to it, or correct its URL",
                   {}};
    }
    state = PQconnectPoll(raw);
  }
  if (state != PGRES_POLLING_OK) return refused(raw);
  CHECK_OK(check(raw));
  auto connection = std::make_unique<Connection>(
      session.release(),
      Connection::About{.server = name_, .patience = options_.statement_timeout + kAnswerSlack});
  CHECK_OK(set_up(*connection));
  return connection;
}

Error Server::refused(pg_conn* raw) const {
  const Refusal refusal = read_refusal(PQerrorMessage(raw));
  if (refusal.code == "3D000") {
    return {Errc::kInvalid,
            name_ + " is not there: " + refusal.text + "; make it, or correct its URL",
            {}};
  }
  if (refusal.code.starts_with("28") || PQconnectionNeedsPassword(raw) != 0) {
    return {Errc::kInvalid,
            name_ + " does not let us in: " + refusal.text +
                "; correct the user and the password in its URL",
            {}};
  }
  if (!refusal.code.empty()) {
    return {Errc::kUnavailable, name_ + " takes no connection now: " + refusal.text, {}};
  }
  return {Errc::kUnavailable,
          name_ + " cannot be reached: " + refusal.text + "; start it, or correct its URL",
          {}};
}

Status Server::check(pg_conn* raw) const {
  if (PQserverVersion(raw) < kLeastVersion) {
    return Error{
        Errc::kInvalid, name_ + " is of an old version; PostgreSQL 15 or later is needed", {}};
  }
  const char* const encoding = PQparameterStatus(raw, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return Error{Errc::kInvalid,
                 name_ + " cannot hold every character; make it anew with the encoding UTF8",
                 {}};
  }
  return Ok{};
}

Status Server::set_up(Connection& connection) const {
  return connection.run_script(
      "SET statement_timeout = " + std::to_string(options_.statement_timeout.count()) +
      ";"
      // What is reported as written is on the disk, whatever the server's default is.
      "SELECT set_config('synchronous_commit', 'on', false)"
      " WHERE current_setting('synchronous_commit') = 'off';"
      // Every statement goes by an index, by the sizes of now: one that was planned while a table
      // was empty would go on to read all of it.
      "SET plan_cache_mode = force_custom_plan; SET jit = off;"
      // The server, too, notices a client whose machine has died: it may lead.
      "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
      "SET client_min_messages = warning");
}

}  // namespace engine::postgres
