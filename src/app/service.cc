#include "app/service.h"

#include <csignal>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "app/box_kinds.h"
#include "app/commands.h"
#include "app/parts.h"

namespace engine::app {
namespace {

namespace asio = boost::asio;

// Threads for calls that wait for the disk or the network on behalf of a request.
constexpr std::size_t kBlockingThreads = 8;
// Threads for fetching what strangers name: each may wait as long as fetch.patience.
constexpr std::size_t kFetchingThreads = 16;

// Ten thousand waiting clients need as many descriptors; the default of 1,024 is for programs that
// use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log::warning("the limit of open files could not be raised");
  }
}

// One run of the program, from the first thread to the last.
class Service {
 public:
  Service(const Config& config, Parts& parts, Role role, std::unique_ptr<api::Tokens> tokens)
      : config_(config), parts_(parts), role_(role), tokens_(std::move(tokens)) {}

  int serve(const std::function<void()>& on_ready) {
    if (const auto listening = listen(); !listening) {
      return fail(listening.error(), kEngineFailure);
    }
    if (const auto started = parts_.engine().start(); !started) {
      return fail(started.error(), kEngineFailure);
    }
    on_ready();
    watch_signals();
    watch_manager();
    io_.run();
    fetching_.stop();  // Those that wait for a thread are answered by nobody any more.
    fetching_.join();
    blocking_.join();
    return status_;
  }

 private:
  Status listen() {
    if (role_ == Role::kWorker && !config_.listens) return Ok{};
    TRY(server_, http::make_server(io_.get_executor(), server_options(), make_handler()));
    return Ok{};
  }

  http::ServerOptions server_options() const {
    http::ServerOptions options = config_.http;
    options.address = config_.address;
    options.port = config_.port;
    options.refusal = api::refusal;
    return options;
  }

  http::Handler make_handler() {
    api::ApiOptions options;
    options.public_url = config_.public_url;
    options.tokens = tokens_.get();
    options.loopback_only = is_loopback(config_.address);
    options.longest_wait = config_.longest_wait;
    options.operator_only = role_ == Role::kWorker;
    options.stopping = stopping_.get_token();
    return api::make_api(parts_.engine(), {blocking_, fetching_}, options);
  }

  void watch_signals() {
    signals_.async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      log::info("draining", {
                                {"signal", std::to_string(signal)}
      });
      if (server_) server_->stop_accepting();
      drain();
    });
  }

  void watch_manager() {
    if (parts_.manager_death_fd() < 0) return;
    manager_.assign(::dup(parts_.manager_death_fd()));
    manager_.async_wait(asio::posix::stream_descriptor::wait_read,
                        [this](const boost::system::error_code& ec) {
                          if (ec) return;
                          log::error("the box manager died; nothing can run without it");
                          status_ = kEngineFailure;
                          drain();
                        });
  }

  // Waits for the running submissions away from the loop, so that their waiters are answered.
  void drain() {
    if (draining_) return;
    draining_ = true;
    asio::post(blocking_, [this] {
      parts_.engine().stop(config_.drain);
      stopping_.request_stop();
      // Answers that the last results set off are written before the loop ends.
      asio::post(io_, [this] { finish(); });
    });
  }

  void finish() {
    signals_.cancel();
    manager_.close();
    farewell_.expires_after(std::chrono::milliseconds(100));
    farewell_.async_wait([this](const boost::system::error_code&) { io_.stop(); });
  }

  const Config& config_;
  Parts& parts_;
  const Role role_;
  std::unique_ptr<api::Tokens> tokens_;
  asio::io_context io_{1};
  asio::thread_pool blocking_{kBlockingThreads};
  asio::thread_pool fetching_{kFetchingThreads};
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  asio::posix::stream_descriptor manager_{io_};
  asio::steady_timer farewell_{io_};
  std::unique_ptr<http::Server> server_;
  std::stop_source stopping_;
  bool draining_ = false;
  int status_ = kSuccess;
};

// Read while we may still read it: before root is given up.
Result<std::unique_ptr<api::Tokens>> load_tokens(const Config& config) {
  if (config.tokens.empty()) return std::unique_ptr<api::Tokens>();
  TRY(auto tokens, api::Tokens::load(config.tokens));
  return std::make_unique<api::Tokens>(std::move(tokens));
}

std::string listen_url(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace

int run_service(Config config, Role role, const OnReady& on_ready) {
  if (config.public_url.empty()) config.public_url = listen_url(config.address, config.port);
  while (config.public_url.ends_with('/'))
    config.public_url.pop_back();
  auto tokens = load_tokens(config);
  if (!tokens) return fail(tokens.error(), kWrongUsage);
  auto languages = load_languages(config);
  if (!languages) return fail(languages.error(), kEngineFailure);
  auto privileged = Parts::prepare(config, *std::move(languages));
  if (!privileged) return fail(privileged.error(), kEngineFailure);
  (void)std::signal(SIGPIPE, SIG_IGN);
  log::configure(config.log_level, config.log_format);
  raise_descriptor_limit();
  const auto parts = Parts::make(config, *std::move(privileged));
  if (!parts) return fail(parts.error(), kFailure);
  if (config.engine.slots > 0) (*parts)->probe_languages();
  const auto ready = [&] { on_ready(config, (*parts)->engine()); };
  return Service(config, **parts, role, *std::move(tokens)).serve(ready);
}

}  // namespace engine::app
