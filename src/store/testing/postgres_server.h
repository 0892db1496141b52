#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing/test_directory.h"

namespace engine::testing {

// A PostgreSQL server of one's own, on a unix socket in a temporary directory. Runs from the
// beginning to the end of its life, or as long as the thread that started it. Throws, and says what
// to do, where there is none.
class PostgresServer {
 public:
  enum class Disk { kFast, kDurable };  // kFast: forgets all when the machine goes down.

  explicit PostgresServer(Disk disk) : disk_(disk) {
    if (::geteuid() == 0) become_ = another_user();  // It refuses to be root.
    std::filesystem::create_directory(data());
    if (become_) own(directory_.path()), own(data());
    const int status = finish(run("initdb", {"-D", data(), "-U", "engine", "--auth=trust",
                                             "--encoding=UTF8", "--locale=C", "--no-sync"}));
    if (status != 0) throw std::runtime_error("initdb failed: " + log());
    std::ofstream(data() + "/pg_hba.conf") << "local all guarded scram-sha-256\n"
                                              "local all all trust\n";
    start();
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() { stop(); }

  // Returns when it takes connections.
  void start() {
    const std::string on = disk_ == Disk::kDurable ? "on" : "off";
    process_ =
        run("postgres", {"-D", data(), "-k", directory_.path(), "-c", "listen_addresses=", "-c",
                         "fsync=" + on, "-c", "full_page_writes=" + on});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (PQping(url("postgres").c_str()) != PQPING_OK) {
      if (::waitpid(process_, nullptr, WNOHANG) != 0 ||
          std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("postgres does not start: " + log());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }

  // As an operator does it, without waiting for clients.
  void stop() {
    if (process_ == 0) return;
    ::kill(process_, SIGINT);
    finish(std::exchange(process_, 0));
  }

  // As a power cut does it: every process of it at once.
  void kill() {
    ::kill(process_, SIGSTOP);  // It makes no more of them.
    const auto children = children_of(process_);
    for (const pid_t child : children)
      ::kill(child, SIGKILL);
    ::kill(process_, SIGKILL);
    finish(std::exchange(process_, 0));
    for (const pid_t child : children) {
      while (is_running(child))
        std::this_thread::yield();
    }
  }

  const std::string& socket_directory() const { return directory_.path(); }

  // `who`: "user" or "user:password". Everybody but "guarded" is let in without.
  std::string url(const std::string& database, const std::string& who = "engine") const {
    return "postgres://" + who + "@/" + database + "?host=" + directory_.path();
  }

  void make_database(const std::string& name, const std::string& more = "") {
    sql("postgres", "CREATE DATABASE \"" + name + "\"" + more);
  }
  void drop_database(const std::string& name) {
    sql("postgres", "DROP DATABASE IF EXISTS \"" + name + "\" WITH (FORCE)");
  }

  // A session beside the store's, for what it cannot do.
  class Session {
   public:
    explicit Session(const std::string& url) : raw_(PQconnectdb(url.c_str()), PQfinish) {}
    // Returns the first column of the last statement's first row, if there is one.
    std::string sql(const std::string& text) {
      const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(raw_.get(), text.c_str()),
                                                                 PQclear);
      const auto status = PQresultStatus(result.get());
      if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(text + ": " + PQerrorMessage(raw_.get()));
      }
      return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }

   private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> raw_;
  };
  std::string sql(const std::string& database, const std::string& text) const {
    return Session(url(database)).sql(text);
  }

 private:
  struct User {
    uid_t uid;
    gid_t gid;
  };

  static User another_user() {
    for (const char* const name : {"postgres", "nobody"}) {
      if (const passwd* found = ::getpwnam(name)) return {found->pw_uid, found->pw_gid};
    }
    throw std::runtime_error("there is neither a user 'postgres' nor 'nobody'");
  }

  static std::string program(const std::string& name) {
    std::vector<std::filesystem::path> found;
    const std::filesystem::path versions = "/usr/lib/postgresql";
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator(versions, none)) {
      const auto path = version.path() / "bin" / name;
      if (std::filesystem::exists(path)) found.push_back(path);
    }
    if (found.empty()) {
      throw std::runtime_error("there is no PostgreSQL server in " + versions.string() +
                               "; install the package postgresql-15");
    }
    return std::max_element(found.begin(), found.end())->string();
  }

  // What it says goes into the log.
  pid_t run(const std::string& name, std::vector<std::string> arguments) {
    std::string path = program(name);
    std::vector<char*> argv = {path.data()};
    for (std::string& argument : arguments)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string log_path = directory_.path() + "/log";
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (become_ && (::setgroups(0, nullptr) != 0 || ::setgid(become_->gid) != 0 ||
                    ::setuid(become_->uid) != 0)) {
      ::_exit(1);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int log = ::open(log_path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(path.c_str(), argv.data());
    ::_exit(1);
  }

  static int finish(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  static std::vector<pid_t> children_of(pid_t parent) {
    const std::string id = std::to_string(parent);
    std::ifstream list("/proc/" + id + "/task/" + id + "/children");
    return {std::istream_iterator<pid_t>(list), {}};
  }

  static bool is_running(pid_t process) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string id, name, state;
    return static_cast<bool>(stat >> id >> name >> state) && state != "Z" && state != "X";
  }

  void own(const std::string& path) {
    if (::chown(path.c_str(), become_->uid, become_->gid) != 0) {
      throw std::runtime_error("cannot give " + path + " to another user");
    }
  }

  std::string data() const { return directory_.path() + "/data"; }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(directory_.path() + "/log").rdbuf();
    return text.str();
  }

  const Disk disk_;
  std::optional<User> become_;
  TestDirectory directory_;
  pid_t process_ = 0;
};

}  // namespace engine::testing
