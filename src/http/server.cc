#include <algorithm>
#include <chrono>
#include <exception>
#include <list>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <poll.h>

#include "base/log.h"
#include "http/connection.h"
#include "http/http.h"
#include "http/server_state.h"

namespace engine::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
// Beyond the cap so many more are told so; a greater flood is just closed.
constexpr std::size_t kToldBeyondCap = 128;
// After a failed accept (no descriptor left, mostly) the next try waits, or it would spin.
constexpr Milliseconds kAcceptPause{50};

// Deadlines are kept to within a tenth of the shortest patience, a second at most.
Milliseconds sweep_period(const ServerOptions& options) {
  const auto shortest = std::min(
      {options.header_patience, options.body_patience, options.idle, options.write_patience});
  return std::clamp(shortest / 10, Milliseconds{1}, Milliseconds{1'000});
}

// One look at all whose handlers are at work: a read that waits on each would cost every request.
void look_for_clients(const std::list<Connection*>& connections) {
  std::vector<Connection*> watched;
  std::vector<pollfd> sockets;
  for (Connection* connection : connections) {
    const pollfd wanted = connection->watch();
    if (wanted.fd < 0) continue;
    watched.push_back(connection);
    sockets.push_back(wanted);
  }
  if (sockets.empty() || ::poll(sockets.data(), sockets.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < sockets.size(); ++i)
    if (sockets[i].revents != 0) watched[i]->seen(sockets[i].revents);
}

asio::awaitable<void> end_expired(std::shared_ptr<ServerState> state) {
  while (!state->is_draining || !state->connections.empty()) {
    state->sweep.expires_after(sweep_period(state->options));
    co_await state->sweep.async_wait(kUseTuple);
    const auto now = Clock::now();
    for (Connection* connection : state->connections)
      connection->expire_at(now);
    look_for_clients(state->connections);
  }
}

asio::awaitable<void> serve(tcp::socket socket, std::shared_ptr<ServerState> state) {
  const std::size_t others = state->connections.size();
  if (others >= state->options.connections + kToldBeyondCap) co_return;
  try {
    Connection connection(std::move(socket), state);
    if (others < state->options.connections) {
      co_await connection.run();
    } else {
      Fault full;
      full.status = 503;
      full.message = "the server has as many connections as it can hold; try again later";
      co_await connection.turn_away(std::move(full));
    }
  } catch (const std::exception& e) {
    log::error("a connection failed", {
                                          {"what", e.what()}
    });
  }
}

// Outlives the Server for as long as its coroutine needs to notice the end.
struct Listener {
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::shared_ptr<ServerState> state;
};

asio::awaitable<void> accept(std::shared_ptr<Listener> listener) {
  const auto executor = listener->acceptor.get_executor();
  while (listener->acceptor.is_open()) {
    auto [code, socket] = co_await listener->acceptor.async_accept(kUseTuple);
    if (!listener->acceptor.is_open()) co_return;
    if (code) {
      if (code == asio::error::connection_aborted) continue;
      log::warning("a connection could not be accepted", {
                                                             {"why", code.message()}
      });
      listener->pause.expires_after(kAcceptPause);
      co_await listener->pause.async_wait(kUseTuple);
      continue;
    }
    asio::co_spawn(executor, serve(std::move(socket), listener->state), asio::detached);
  }
}

class ListeningServer final : public Server {
 public:
  explicit ListeningServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {
    const auto executor = listener_->acceptor.get_executor();
    asio::co_spawn(executor, accept(listener_), asio::detached);
    asio::co_spawn(executor, end_expired(listener_->state), asio::detached);
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): as with Connection, no cancelling fails.
  ~ListeningServer() override { stop_accepting(); }

  std::uint16_t port() const override { return port_; }
  std::size_t connections() const override { return listener_->state->connections.size(); }

  void stop_accepting() override {
    ServerState& state = *listener_->state;
    if (std::exchange(state.is_draining, true)) return;
    boost::system::error_code ignored;
    std::ignore = listener_->acceptor.close(ignored);
    listener_->pause.cancel();
    state.sweep.cancel();
    for (Connection* connection : state.connections)
      connection->close_if_idle();
  }

 private:
  std::shared_ptr<Listener> listener_;
  std::uint16_t port_ = listener_->acceptor.local_endpoint().port();
};

Error cannot_listen(const ServerOptions& options, const boost::system::error_code& code) {
  std::string why = code.message();
  if (code == asio::error::address_in_use) why = "another program listens there already";
  if (code == asio::error::access_denied) why = "ports below 1024 need a privilege";
  return {Errc::kInvalid, "cannot listen on " + options.address + " port " +
                              std::to_string(options.port) + ": " + why};
}

Result<tcp::acceptor> listen(const asio::any_io_executor& executor, const ServerOptions& options) {
  boost::system::error_code code;
  const auto address = asio::ip::make_address(options.address, code);
  if (code) return Error{Errc::kInvalid, "'" + options.address + "' is no IP address"};
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor acceptor(executor);
  std::ignore = acceptor.open(endpoint.protocol(), code);
  if (!code) std::ignore = acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) std::ignore = acceptor.bind(endpoint, code);
  if (!code) std::ignore = acceptor.listen(tcp::acceptor::max_listen_connections, code);
  if (code) return cannot_listen(options, code);
  return acceptor;
}

}  // namespace

Result<std::unique_ptr<Server>> make_server(const asio::any_io_executor& executor,
                                            ServerOptions options, Handler handler) {
  TRY(auto acceptor, listen(executor, options));
  auto state = std::make_shared<ServerState>(executor, std::move(options), std::move(handler));
  auto listener = std::make_shared<Listener>(
      Listener{std::move(acceptor), asio::steady_timer(executor), std::move(state)});
  return std::unique_ptr<Server>(std::make_unique<ListeningServer>(std::move(listener)));
}

}  // namespace engine::http
