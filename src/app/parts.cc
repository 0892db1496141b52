#include "app/parts.h"

#include "api/wire.h"
#include "app/box_kinds.h"
#include "app/places.h"
#include "app/privileges.h"
#include "base/random.h"
#include "engine/timed_output.h"
#include "engine/timed_store.h"
#include "runner/probe.h"
#include "runner/runner.h"

namespace engine::app {
namespace {

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
  std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();
  std::unique_ptr<LinkSigner> signer;
  std::unique_ptr<http::GuardedClient> client;
  std::unique_ptr<Store> store;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Output> output;
  std::unique_ptr<Spool> spool;  // None where outputs stay on this machine.
  BoxKinds boxes;
};

class AllParts final : public Parts {
 public:
  AllParts(const Config& config, Made made)
      : made_(std::move(made)),
        runner_(config.engine.slots > 0 ? make_runner(boxes_of(), system_clock())
                                        : std::make_unique<NoRunner>()),
        fetcher_(std::move(made_.client)),
        engine_(ports(config), engine_options(config)) {
    if (config.engine.slots == 0) return;
    made_.metrics->gauge("execution_engine_boxes_ready", "Boxes that are built and wait for a run.",
                         [this] { return made_.boxes.ready(); });
  }

  Engine& engine() override { return engine_; }
  Languages& languages() override { return made_.languages; }
  void probe_languages() override { probe(made_.languages, boxes_of()); }
  int manager_death_fd() const override { return made_.boxes.manager_death_fd(); }

 private:
  BoxesOf boxes_of() const {
    return [this](const Language& language) -> sandbox::Boxes& { return made_.boxes.of(language); };
  }

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
            .metrics = *made_.metrics,
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
  TimedStore timed_store_{*made_.store, *made_.metrics, system_clock()};
  TimedOutput timed_output_{*made_.output, *made_.metrics, system_clock()};
  Engine engine_;
};

}  // namespace

Result<Parts::Privileged> Parts::prepare(Config& config, Languages languages) {
  TRY(auto account, account_to_become(config.user));
  std::unique_ptr<sandbox::Manager> manager;
  if (config.engine.slots > 0) {
    TRY(manager, BoxKinds::fork_manager(config, languages));
    if (account) {
      TRY(account->groups, BoxKinds::groups(config, languages));
    }
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
  if (config.engine.slots > 0) {
    TRY(made.boxes,
        BoxKinds::open(config, made.languages, std::move(privileged.manager), *made.metrics));
  }
  return std::unique_ptr<Parts>(std::make_unique<AllParts>(config, std::move(made)));
}

}  // namespace engine::app
