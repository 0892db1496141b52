#include "queue/testing/redis_server.h"

#include <chrono>
#include <csignal>
#include <span>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace engine::testing {
namespace {

constexpr Milliseconds kPatience{30'000};

}  // namespace

RedisServer::RedisServer(Data data, std::vector<std::string> more_options)
    : data_(data), more_options_(std::move(more_options)) {
  start();
}

RedisServer::~RedisServer() {
  kill();
}

std::string RedisServer::url(const std::string& queue) const {
  return "unix:" + address_.path + "?queue=" + queue;
}

redis::Reply RedisServer::ask(redis::Command command) const {
  const auto line = redis::Connection::open(address_, kPatience);
  if (!line) throw std::runtime_error(line.error().message);
  const auto replies = (*line)->ask(std::span(&command, 1), kPatience);
  if (!replies) throw std::runtime_error(replies.error().message);
  return replies->front();
}

void RedisServer::start() {
  std::vector<std::string> words{
      "redis-server",    "--port",       "0",
      "--unixsocket",    address_.path,  "--dir",
      directory_.path(), "--save",       "",
      "--daemonize",     "no",           "--maxmemory-policy",
      "noeviction",      "--appendonly", data_ == Data::kOnDisk ? "yes" : "no",
      "--appendfsync",   "always"};
  words.insert(words.end(), more_options_.begin(), more_options_.end());
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, 1);
    ::dup2(nowhere, 2);
    ::execvp(arguments[0], arguments.data());
    ::_exit(1);
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto line = redis::Connection::open(address_, kPatience);
    if (line || line.error().code != Errc::kUnavailable) return;  // It may want a password.
    if (std::chrono::steady_clock::now() > deadline || ::waitpid(pid_, nullptr, WNOHANG) != 0) {
      throw std::runtime_error("redis-server does not start");
    }
    std::this_thread::sleep_for(Milliseconds{5});
  }
}

void RedisServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  ::unlink(address_.path.c_str());
}

void RedisServer::pause() {
  ::kill(pid_, SIGSTOP);
}

void RedisServer::resume() {
  ::kill(pid_, SIGCONT);
}

const RedisServer& RedisServer::shared() {
  static const RedisServer server;
  return server;
}

}  // namespace engine::testing
