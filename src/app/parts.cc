#include "app/parts.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "api/wire.h"
#include "app/box_kinds.h"
#include "app/places.h"
#include "app/privileges.h"
#include "app/toolchain.h"
#include "base/random.h"
#include "engine/timed_output.h"
#include "engine/timed_store.h"
#include "runner/ahead_starts.h"
#include "runner/box_limits.h"
#include "runner/plan.h"
#include "runner/precompiled_headers.h"
#include "runner/probe.h"
#include "runner/quick_compile.h"
#include "runner/runner.h"
#include "runner/warm_compilers.h"
#include "runner/warm_starts.h"

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
  Result<Execution> run(const Submission&, const Language&, Progress&, SpareSlots&,
                        std::stop_token) override {
    return Error{Errc::kUnavailable, "this process runs nothing", {}};
  }
};

constexpr std::string_view kHeadersDirectory = "headers";  // Below the data directory.

bool compiles_quickly(const Config& config) {
  return config.quick.mode != CompileMode::kPlain;
}

bool precompiles(const Config& config) {
  return compiles_quickly(config) && config.quick.disk > Bytes{0};
}

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

// `languages` outlive it. nullptr: every program is compiled.
std::unique_ptr<ArtefactCache> make_cache(const Config& config, const Languages& languages) {
  if (config.engine.slots == 0 || config.cache.disk == Bytes{0}) return nullptr;
  return std::make_unique<ArtefactCache>(config.cache, config.data + "/cache",
                                         Bytes{2 * config.free_space_floor.count},
                                         toolchains(config, languages), system_clock());
}

// `languages` outlive it. nullptr: every compile is plain.
std::unique_ptr<PrecompiledHeaders> make_headers(const Config& config, const Languages& languages,
                                                 const BoxesOf& boxes) {
  if (config.engine.slots == 0 || !precompiles(config)) return nullptr;
  QuickOptions options = config.quick;
  options.limits = box_limits(config.engine.ceiling);
  return std::make_unique<PrecompiledHeaders>(
      boxes, options, config.data + "/" + std::string(kHeadersDirectory),
      Bytes{2 * config.free_space_floor.count}, toolchains(config, languages), system_clock());
}

class AllParts final : public Parts {
 public:
  AllParts(const Config& config, Made made)
      : made_(std::move(made)),
        cache_(make_cache(config, made_.languages)),
        warm_(boxes_of(), warm_options(config)),
        ahead_(boxes_of(), ahead_options(config)),
        headers_(make_headers(config, made_.languages, boxes_of())),
        compilers_(boxes_of(), compiler_options(config)),
        runner_(runner_for(config)),
        fetcher_(std::move(made_.client)),
        engine_(ports(config), engine_options(config)) {
    if (config.engine.slots == 0) return;
    made_.metrics->gauge("execution_engine_boxes_ready", "Boxes that are built and wait for a run.",
                         [this] { return made_.boxes.ready(); });
    if (cache_) tell_of_cache();
    if (headers_) tell_of_headers();
    tell_of_quick_compiles();
    tell_of_compilers();
    tell_of_ahead();
    made_.metrics->gauge("execution_engine_warm_memory_bytes",
                         "Memory of the frozen interpreters that runs go on from.",
                         [this] { return static_cast<double>(warm_.memory().count); });
    made_.metrics->gauge("execution_engine_warm_runs",
                         "Runs that went on from a frozen interpreter, since this process began.",
                         [this] { return static_cast<double>(warm_.runs()); });
  }

  Engine& engine() override { return engine_; }
  Languages& languages() override { return made_.languages; }
  void probe_languages() override { probe(made_.languages, boxes_of()); }
  Status compile_headers(const Language& language,
                         const std::vector<std::string>& options) override {
    if (!headers_)
      return Error{Errc::kInvalid, "the configuration has headers compiled plainly", {}};
    for (const std::string& option : options) {
      if (option_allowed(language, option)) continue;
      return Error{Errc::kInvalid, "the option '" + option + "' is not allowed", {}};
    }
    Submission submission;
    submission.language = language.id;
    submission.options = options;
    submission.entry = language.source;
    submission.files = {
        {language.source, "#include <bits/stdc++.h>\n"}
    };
    const Plan plan = make_plan(submission, language);
    static_cast<void>(headers_->find(language, plan));
    headers_->settle();
    if (headers_->find(language, plan)) return Ok{};
    return Error{Errc::kUnavailable, "its headers cannot be compiled ahead", {}};
  }
  int manager_death_fd() const override { return made_.boxes.manager_death_fd(); }

 private:
  BoxesOf boxes_of() const {
    return [this](const Language& language) -> sandbox::Boxes& { return made_.boxes.of(language); };
  }

  std::unique_ptr<Runner> runner_for(const Config& config) {
    if (config.engine.slots == 0) return std::make_unique<NoRunner>();
    return make_runner(boxes_of(), system_clock(),
                       {.cache = cache_.get(),
                        .warm = &warm_,
                        .ahead = &ahead_,
                        .headers = headers_.get(),
                        .quick = compiles_quickly(config) ? &quick_ : nullptr,
                        .compilers = &compilers_});
  }

  void tell_of_cache() {
    const auto figure = [this](auto member) {
      return [this, member] { return static_cast<double>(cache_->figures().*member); };
    };
    const auto bytes = [this](auto member) {
      return [this, member] { return static_cast<double>((cache_->figures().*member).count); };
    };
    using Figures = ArtefactCache::Figures;
    Metrics& metrics = *made_.metrics;
    metrics.counter("execution_engine_cache_hits_total", "Compiles answered from the cache.",
                    figure(&Figures::hits));
    metrics.counter("execution_engine_cache_misses_total", "Compiles that the cache did not have.",
                    figure(&Figures::misses));
    metrics.gauge("execution_engine_cache_bytes", "Compiled programs on the disk.",
                  bytes(&Figures::disk));
    metrics.gauge("execution_engine_cache_memory_bytes", "Compiled programs in memory.",
                  bytes(&Figures::memory));
  }

  void tell_of_quick_compiles() {
    const auto figure = [](const std::atomic<std::uint64_t>& count) {
      return [&count] { return static_cast<double>(count.load()); };
    };
    made_.metrics->counter("execution_engine_quick_compiles_total",
                           "Compiles by a language's quick_compile that counted.",
                           figure(quick_.counting));
    made_.metrics->counter("execution_engine_quick_compiles_vain_total",
                           "Compiles by a language's quick_compile that had to be done plainly.",
                           figure(quick_.in_vain));
  }

  void tell_of_headers() {
    using Figures = PrecompiledHeaders::Figures;
    const auto figure = [this](auto member) {
      return [this, member] { return static_cast<double>(headers_->figures().*member); };
    };
    Metrics& metrics = *made_.metrics;
    metrics.counter("execution_engine_headers_uses_total",
                    "Compiles that used headers compiled ahead, and counted.",
                    figure(&Figures::counting));
    metrics.counter("execution_engine_headers_vain_total",
                    "Compiles that used headers compiled ahead, and had to be done plainly.",
                    figure(&Figures::in_vain));
    metrics.counter("execution_engine_headers_refused_total",
                    "Compiles whose compiler did not take headers compiled ahead.",
                    figure(&Figures::refused));
    metrics.counter("execution_engine_headers_made_total", "Sets of headers compiled ahead.",
                    figure(&Figures::made));
    metrics.gauge("execution_engine_headers_bytes", "Headers compiled ahead, on the disk.",
                  [this] { return static_cast<double>(headers_->figures().disk.count); });
  }

  void tell_of_compilers() {
    using Figures = WarmCompilers::Figures;
    const auto figure = [this](auto member) {
      return [this, member] { return static_cast<double>(compilers_.figures().*member); };
    };
    Metrics& metrics = *made_.metrics;
    metrics.counter("execution_engine_warm_compiles_total",
                    "Compiles by a compiler that is kept running, that counted.",
                    figure(&Figures::counting));
    metrics.counter("execution_engine_warm_compiles_vain_total",
                    "Compiles by such a compiler that had to be done plainly after all.",
                    figure(&Figures::in_vain));
    metrics.counter("execution_engine_warm_compilers_lost_total",
                    "Such compilers that died, passed a limit or were odd.",
                    figure(&Figures::lost));
    metrics.gauges("execution_engine_warm_compiler_memory_bytes",
                   "Memory of each such compiler that runs, by its box.", "compiler", [this] {
                     std::vector<double> sizes;
                     for (const Bytes size : compilers_.figures().memory)
                       sizes.push_back(static_cast<double>(size.count));
                     return sizes;
                   });
  }

  void tell_of_ahead() {
    Metrics& metrics = *made_.metrics;
    metrics.counter("execution_engine_ahead_runs_total",
                    "Runs that went on from an interpreter that was started ahead.",
                    [this] { return static_cast<double>(ahead_.runs()); });
    metrics.gauges("execution_engine_ahead_memory_bytes",
                   "Memory of each interpreter that stands started, by its box.", "interpreter",
                   [this] {
                     std::vector<double> sizes;
                     for (const Bytes size : ahead_.memory())
                       sizes.push_back(static_cast<double>(size.count));
                     return sizes;
                   });
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

  static WarmOptions warm_options(const Config& config) {
    WarmOptions options = config.warm;
    options.stack = config.engine.ceiling.stack;
    return options;
  }

  static AheadOptions ahead_options(const Config& config) {
    AheadOptions options = config.ahead;
    if (!config.warm.enabled || config.engine.slots == 0) options.each = 0;
    return options;
  }

  static WarmCompilerOptions compiler_options(const Config& config) {
    WarmCompilerOptions options = config.compilers;
    if (!config.warm.enabled || config.engine.slots == 0) options.processes = 0;
    options.memory = std::min(options.memory, config.engine.ceiling.memory);
    return options;
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
  std::unique_ptr<ArtefactCache> cache_;
  WarmStarts warm_;
  AheadStarts ahead_;
  std::unique_ptr<PrecompiledHeaders> headers_;
  QuickCompiles quick_;
  WarmCompilers compilers_;
  std::unique_ptr<Runner> runner_;
  UrlFetcher fetcher_;
  TimedStore timed_store_{*made_.store, *made_.metrics, system_clock()};
  TimedOutput timed_output_{*made_.output, *made_.metrics, system_clock()};
  Engine engine_;
};

}  // namespace

Result<Parts::Privileged> Parts::prepare(Config& config, Languages languages) {
  TRY(auto account, account_to_become(config.user));
  if (config.engine.slots > 0 && any_runs_in(languages, BoxKind::kNative)) {
    CHECK_OK(sandbox::check_capabilities());
  }
  const std::string data = std::filesystem::absolute(config.data).string();
  TRY(config.data, prepare_data_directory(config.data, account));
  std::unique_ptr<sandbox::Manager> manager;
  if (config.engine.slots > 0 && precompiles(config)) {
    // By the name that it has for everybody: the manager mounts over where ours may be.
    CHECK_OK(prepare_shown_directory(data, std::string(kHeadersDirectory), account));
    for (sandbox::Image& image : config.sandbox.images) {
      image.resources.push_back(
          {data + "/" + std::string(kHeadersDirectory), std::string(kHeadersInBox)});
    }
  }
  if (config.engine.slots > 0) {
    TRY(manager, BoxKinds::fork_manager(config, languages));
    if (account) {
      TRY(account->groups, BoxKinds::groups(config, languages));
    }
  }
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
  TRY(made.queue, open_queue(config, system_clock(), made.metrics.get()));
  TRY(made.output, open_output(config, *made.signer, system_clock(), made.metrics.get()));
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
