#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <sys/resource.h>

#include "api/api.h"
#include "api/tokens.h"
#include "app/commands.h"
#include "app/parts.h"
#include "runner/probe.h"

namespace engine::app {
namespace {

namespace asio = boost::asio;

// Threads for calls that wait for the disk or the network on behalf of a request.
constexpr std::size_t kBlockingThreads = 8;

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

std::string listen_url(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

void greet(const Config& config, const Languages& languages) {
  const std::string& url = config.public_url;
  std::printf("Execution Engine %s listens on %s\n", ENGINE_VERSION, url.c_str());
  std::printf("Languages:");
  const char* separator = " ";
  for (const auto& entry : languages.all()) {
    if (entry.version.empty()) continue;
    std::printf("%s%s %s", separator, entry.language.id.c_str(), entry.version.c_str());
    separator = ", ";
  }
  std::printf("\n\nTry it:\n\n  curl -s '%s/api/v1/submissions?wait=true' \\\n", url.c_str());
  if (!config.tokens.empty()) std::printf("    -H 'Authorization: Bearer YOUR_TOKEN' \\\n");
  std::printf("    -H 'Content-Type: application/json' \\\n");
  std::printf("    -d '{\"language\":\"cpp\",\"source\":\"#include <cstdio>\\nint main(){puts(");
  std::printf("\\\"Hello from the box\\\");}\"}'\n\n");
  std::printf("The answer's executedUrl shows the program's output.\n");
  std::fflush(stdout);
}

// One run of the server, from the first thread to the last.
class Service {
 public:
  Service(const Config& config, Parts& parts, std::unique_ptr<api::Tokens> tokens)
      : config_(config), parts_(parts), tokens_(std::move(tokens)) {}

  // Serves until a signal or until the box manager dies; returns the exit status.
  int serve() {
    const auto server = http::make_server(io_.get_executor(), server_options(), make_handler());
    if (!server) return fail(server.error(), kEngineFailure);
    if (const auto started = parts_.engine().start(); !started) {
      return fail(started.error(), kEngineFailure);
    }
    greet(config_, parts_.languages());
    watch_signals(**server);
    watch_manager();
    io_.run();
    blocking_.join();
    return status_;
  }

 private:
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
    options.stopping = stopping_.get_token();
    return api::make_api(parts_.engine(), blocking_, options);
  }

  void watch_signals(http::Server& server) {
    signals_.async_wait([this, &server](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      log::info("draining", {
                                {"signal", std::to_string(signal)}
      });
      server.stop_accepting();
      drain();
    });
  }

  void watch_manager() {
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
  std::unique_ptr<api::Tokens> tokens_;
  asio::io_context io_{1};
  asio::thread_pool blocking_{kBlockingThreads};
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  asio::posix::stream_descriptor manager_{io_};
  asio::steady_timer farewell_{io_};
  std::stop_source stopping_;
  bool draining_ = false;
  int status_ = kSuccess;
};

int serve(Config config) {
  if (config.public_url.empty()) config.public_url = listen_url(config.address, config.port);
  while (config.public_url.ends_with('/'))
    config.public_url.pop_back();

  std::unique_ptr<api::Tokens> tokens;  // Read while we may still read it.
  if (!config.tokens.empty()) {
    auto loaded = api::Tokens::load(config.tokens);
    if (!loaded) return fail(loaded.error(), kWrongUsage);
    tokens = std::make_unique<api::Tokens>(*std::move(loaded));
  }
  auto privileged = Parts::prepare(config);
  if (!privileged) return fail(privileged.error(), kEngineFailure);
  std::signal(SIGPIPE, SIG_IGN);
  log::configure(config.log_level, config.log_format);
  raise_descriptor_limit();
  const auto parts = Parts::make(config, *std::move(privileged));
  if (!parts) return fail(parts.error(), kEngineFailure);
  probe((*parts)->languages(), (*parts)->boxes());
  return Service(config, **parts, std::move(tokens)).serve();
}

}  // namespace

void add_serve(CLI::App& program, int& status) {
  auto* command = program.add_subcommand("serve", "Serve the API and run what comes in");
  auto flags = std::make_shared<ConfigFlags>();
  flags->add_to(*command);
  flags->add(*command, "--listen", "listen", "address and port [127.0.0.1:8080]");
  flags->add(*command, "--data", "data", "directory for database and outputs [data]");
  flags->add(*command, "--slots", "slots", "submissions that run at once [one per processor]");
  flags->add(*command, "--reuse", "reuse", "how far boxes are shared: submission, run, pool");
  flags->add(*command, "--tokens", "tokens", "file of bearer tokens (docs/operation.md)");
  flags->add_switch(*command, "--allow-anonymous", "allowAnonymous",
                    "serve beyond loopback without tokens");
  command->footer(
      "Examples:\n"
      "  execution-engine serve\n"
      "  execution-engine serve --listen 0.0.0.0:8080 --tokens tokens.txt --slots 8\n"
      "  EXECUTION_ENGINE_RETENTION_AGE=24h execution-engine serve --data /var/lib/engine");
  command->callback([flags, &status] {
    auto config = flags->load();
    status = config ? serve(*std::move(config)) : fail(config.error(), kWrongUsage);
  });
}

}  // namespace engine::app
