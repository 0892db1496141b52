#include "app/parts.h"

#include <filesystem>

#include <sys/stat.h>

#include "api/wire.h"
#include "app/places.h"
#include "app/privileges.h"
#include "base/random.h"
#include "engine/timed_output.h"
#include "engine/timed_store.h"
#include "runner/box_limits.h"
#include "runner/runner.h"

namespace engine::app {
namespace {

namespace fs = std::filesystem;

// The engine's port over the http module's client.
class UrlFetcher final : public Fetcher {
 public:
  explicit UrlFetcher(std::unique_ptr<http::GuardedClient> client) : client_(std::move(client)) {}
  Result<File> fetch(const std::string& url) override {
    TRY(http::FetchedFile file, client_->fetch(url));
    return File{std::move(file.name), std::move(file.content)};
  }

 private:
  std::unique_ptr<http::GuardedClient> client_;
};

// In the place of a runner where there are no slots.
class NoRunner final : public Runner {
 public:
  Result<Execution> run(const Submission&, const Language&, Progress&, std::stop_token) override {
    return Error{Errc::kUnavailable, "this process runs nothing", {}};
  }
};

// What is made before the engine, in the order of its making.
struct Made {
  Languages languages;
  std::unique_ptr<LinkSigner> signer;
  std::unique_ptr<http::GuardedClient> client;
  std::unique_ptr<Store> store;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Output> output;
  std::unique_ptr<Spool> spool;           // None where outputs stay on this machine.
  std::unique_ptr<sandbox::Boxes> boxes;  // None without slots.
  int manager_death_fd = -1;
};

class AllParts final : public Parts {
 public:
  AllParts(const Config& config, Made made)
      : made_(std::move(made)),
        runner_(made_.boxes ? make_runner(*made_.boxes, system_clock())
                            : std::make_unique<NoRunner>()),
        fetcher_(std::move(made_.client)),
        engine_(ports(config), engine_options(config)) {
    if (!made_.boxes) return;
    metrics_.gauge("execution_engine_boxes_ready", "Boxes that are built and wait for a run.",
                   [this] { return made_.boxes->ready(); });
  }

  Engine& engine() override { return engine_; }
  Languages& languages() override { return made_.languages; }
  sandbox::Boxes* boxes() override { return made_.boxes.get(); }
  int manager_death_fd() const override { return made_.manager_death_fd; }

 private:
  Engine::Ports ports(const Config& config) {
    Store& store = is_shared(config) ? static_cast<Store&>(timed_store_) : *made_.store;
    Output& output = links_lead_here(config) ? *made_.output : static_cast<Output&>(timed_output_);
    return {.store = store,
            .queue = *made_.queue,
            .output = output,
            .spool = made_.spool.get(),
            .runner = *runner_,
            .fetcher = fetcher_,
            .links = links_lead_here(config) ? made_.signer.get() : nullptr,
            .wire = is_shared(config) ? wire_.get() : nullptr,
            .languages = made_.languages,
            .clock = system_clock(),
            .metrics = metrics_,
            .new_id = [] { return SubmissionId{random_uuid()}; }};
  }

  static EngineOptions engine_options(const Config& config) {
    EngineOptions options = config.engine;
    options.shared = is_shared(config);
    options.renew_interval = config.lease / 6;
    options.worker = random_uuid();
    // Where links lead elsewhere, what they lead to must be there.
    if (!links_lead_here(config)) options.small_outputs = Bytes{-1};
    return options;
  }

  Made made_;
  const std::unique_ptr<const Wire> wire_ = api::make_wire();
  std::unique_ptr<Runner> runner_;
  UrlFetcher fetcher_;
  Metrics metrics_;
  TimedStore timed_store_{*made_.store, metrics_, system_clock()};
  TimedOutput timed_output_{*made_.output, metrics_, system_clock()};
  Engine engine_;
};

docker::DockerOptions docker_options(const Config& config) {
  docker::DockerOptions options = config.docker;
  options.reuse = config.sandbox.reuse;
  options.strict_seccomp = config.sandbox.strict_seccomp;
  options.slots = config.engine.slots;
  options.usual = box_limits(config.engine.defaults);
  return options;
}

// Which group lets somebody who is not root reach the engine.
Result<std::vector<gid_t>> groups_of_engine(const docker::DockerOptions& options) {
  TRY(const auto address, docker::parse_address(options.engine));
  struct stat status{};
  if (address.socket.empty() || ::stat(address.socket.c_str(), &status) != 0) {
    return std::vector<gid_t>{};  // Whoever connects says what is wrong.
  }
  return std::vector<gid_t>{status.st_gid};
}

}  // namespace

Result<std::string> languages_directory(const Config& config) {
  if (!config.languages.empty()) return config.languages;
  std::error_code ec;
  const fs::path program = fs::read_symlink("/proc/self/exe", ec).parent_path();
  std::string looked;
  for (const char* place :
       {"languages", "../share/execution-engine/languages", "../../languages"}) {
    const fs::path directory = (program / place).lexically_normal();
    if (fs::is_directory(directory, ec)) return directory.string();
    looked += (looked.empty() ? "" : ", ") + directory.string();
  }
  return Error{Errc::kNotFound,
               "no language files; looked in " + looked + "; name theirs as `languages`"};
}

Result<Parts::Privileged> Parts::prepare(Config& config) {
  TRY(const std::string directory, languages_directory(config));
  TRY(Languages languages, Languages::load(directory));
  TRY(auto account, account_to_become(config.user));
  std::unique_ptr<sandbox::Manager> manager;
  if (config.engine.slots > 0 && config.boxes == BoxKind::kNative) {
    config.sandbox.slots = config.engine.slots;
    config.sandbox.ceiling = box_limits(config.engine.ceiling);
    TRY(manager, sandbox::Manager::fork(config.sandbox));
  }
  if (config.engine.slots > 0 && config.boxes == BoxKind::kDocker && account) {
    TRY(account->groups, groups_of_engine(config.docker));
  }
  TRY(config.data, prepare_data_directory(config.data, account));
  if (account) CHECK_OK(become(*account));
  return Privileged{std::move(manager), std::move(languages)};
}

Result<std::unique_ptr<Parts>> Parts::make(const Config& config, Privileged privileged) {
  Made made{.languages = std::move(privileged.languages)};
  TRY(made.client, http::make_guarded_client(config.fetch));
  TRY(std::string key,
      load_or_make_link_key(config.link_key.empty() ? config.data + "/link.key" : config.link_key));
  made.signer = std::make_unique<LinkSigner>(std::move(key), config.public_url, system_clock());
  TRY(made.store, open_store(config, system_clock()));
  TRY(made.queue, open_queue(config, system_clock()));
  TRY(made.output, open_output(config, *made.signer, system_clock()));
  if (!links_lead_here(config) && config.engine.slots > 0) {
    TRY(made.spool, Spool::open(config.data + "/spool", config.spool));
  }
  if (privileged.manager) {
    made.manager_death_fd = privileged.manager->death_fd();
    TRY(made.boxes, sandbox::make_native_boxes(std::move(privileged.manager), config.sandbox));
  } else if (config.engine.slots > 0) {
    TRY(made.boxes, docker::make_docker_boxes(docker_options(config)));
  }
  return std::unique_ptr<Parts>(std::make_unique<AllParts>(config, std::move(made)));
}

}  // namespace engine::app
