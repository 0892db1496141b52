#include "queue/redis_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

namespace engine::redis {
namespace {

// hiredis moves what is left of it at each reply.
constexpr std::size_t kChunk = std::size_t{16} << 10;

timeval timeval_of(Milliseconds time) {
  return {.tv_sec = time.count() / 1'000, .tv_usec = time.count() % 1'000 * 1'000};
}

// Waits until the line can be read or written. False: not within `patience`.
bool wait_for(int fd, short what, Milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waited{.fd = fd, .events = what, .revents = 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::max(left.count(), 0L)));
    if (ready >= 0) return ready == 1;
    if (errno != EINTR) return true;  // The next read or write says what is wrong.
  }
}

}  // namespace

void Connection::Free::operator()(redisContext* context) const {
  redisFree(context);
}

Connection::Connection(std::unique_ptr<redisContext, Free> context)
    : context_(std::move(context)) {}

Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Address& address,
                                                     Milliseconds patience) {
  const timeval limit = timeval_of(patience);
  std::unique_ptr<redisContext, Free> context(
      address.host.empty() ? redisConnectUnixWithTimeout(address.path.c_str(), limit)
                           : redisConnectWithTimeout(address.host.c_str(), address.port, limit));
  if (context == nullptr || context->err != 0) {
    const std::string why = context == nullptr ? "no memory" : context->errstr;
    return Error{
        Errc::kUnavailable, "Redis at " + address.name() + " cannot be reached: " + why, {}};
  }
  if (!address.host.empty()) redisEnableKeepAlive(context.get());
  std::unique_ptr<Connection> connection(new Connection(std::move(context)));
  CHECK_OK(connection->introduce(address, patience));
  return connection;
}

Status Connection::introduce(const Address& address, Milliseconds patience) {
  std::vector<Command> commands;
  if (!address.password.empty()) {
    Command command{"AUTH"};
    if (!address.user.empty()) command.add(address.user);
    command.add(address.password);
    commands.push_back(std::move(command));
  }
  if (address.database != 0) commands.push_back({"SELECT", std::to_string(address.database)});
  commands.push_back({"PING"});
  TRY(const auto replies, ask(commands, patience));
  for (const Reply& reply : replies) {
    if (!reply.is_error()) continue;
    // Just started: it will answer soon.
    const bool will_pass = reply.text.starts_with("LOADING") || reply.text.starts_with("BUSY");
    return Error{will_pass ? Errc::kUnavailable : Errc::kInvalid,
                 "Redis at " + address.name() + " refuses: " + reply.text,
                 {}};
  }
  return Ok{};
}

Result<Connection::Replies> Connection::ask(Group commands, Milliseconds patience) {
  TRY(auto all, ask_all(std::span(&commands, 1), patience));
  return std::move(all.front());
}

Result<std::vector<Connection::Replies>> Connection::ask_all(std::span<const Group> groups,
                                                             Milliseconds patience) {
  CHECK_OK(send_all(groups, patience));
  return receive_all(groups, patience);
}

Status Connection::send_all(std::span<const Group> groups, Milliseconds patience) {
  if (!is_good_) return broken("it was lost before");
  std::string request;
  for (const Group& group : groups) {
    for (const Command& command : group)
      encode(command, Form::kShort, request);
  }
  return send(request, patience);
}

Result<std::vector<Connection::Replies>> Connection::receive_all(std::span<const Group> groups,
                                                                 Milliseconds patience) {
  std::vector<Replies> all(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t left = groups[i].size(); left > 0; --left) {
      TRY(auto reply, receive(patience));
      all[i].push_back(std::move(reply));
    }
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    CHECK_OK(repeat_unknown(groups[i], all[i], patience));
  }
  return all;
}

Status Connection::repeat_unknown(Group commands, Replies& replies, Milliseconds patience) {
  bool is_late = false;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const bool is_script = commands[i].script() != nullptr;
    const bool is_unknown =
        is_script && replies[i].is_error() && replies[i].text.starts_with("NOSCRIPT");
    if (!is_unknown && (is_script || !is_late)) continue;
    is_late = true;
    std::string whole;
    encode(commands[i], Form::kWhole, whole);
    CHECK_OK(send(whole, patience));
    TRY(replies[i], receive(patience));
  }
  return Ok{};
}

void Connection::interrupt() {
  ::shutdown(context_->fd, SHUT_RDWR);
}

int Connection::descriptor() const {
  return context_->fd;
}

Status Connection::send(std::string_view bytes, Milliseconds patience) {
  while (!bytes.empty()) {
    const auto sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(context_->fd, POLLOUT, patience)) return silent();
    } else if (errno != EINTR) {
      return broken(std::generic_category().message(errno));
    }
  }
  return Ok{};
}

Result<Reply> Connection::receive(Milliseconds patience) {
  std::array<char, kChunk> buffer;
  for (;;) {
    auto reply = reader_.next();
    if (!reply) return broken(reply.error().message);
    if (reply->has_value()) return **std::move(reply);
    const auto got = ::recv(context_->fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
    } else if (got == 0) {
      return broken("it closed the connection");
    } else if (errno == EAGAIN) {
      if (!wait_for(context_->fd, POLLIN, patience)) return silent();
    } else if (errno != EINTR) {
      return broken(std::generic_category().message(errno));
    }
  }
}

Error Connection::silent() {
  is_silent_ = true;
  return broken("it does not answer in time");
}

Error Connection::broken(const std::string& why) {
  is_good_ = false;
  return {Errc::kUnavailable, "Redis is away: " + why, {}};
}

}  // namespace engine::redis
