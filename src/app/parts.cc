#include "app/parts.h"

#include <filesystem>

#include "app/privileges.h"
#include "base/random.h"
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

class EmbeddedParts final : public Parts {
 public:
  struct Made {
    Languages languages;
    std::string link_key;
    std::unique_ptr<sandbox::Boxes> boxes;
    std::unique_ptr<Store> store;
    std::unique_ptr<http::GuardedClient> client;
    int manager_death_fd = -1;
  };

  EmbeddedParts(const Config& config, Made made)
      : languages_(std::move(made.languages)),
        signer_(std::move(made.link_key), config.public_url, system_clock()),
        death_fd_(made.manager_death_fd),
        boxes_(std::move(made.boxes)),
        store_(std::move(made.store)),
        queue_(make_embedded_queue({.capacity = config.engine.most_queued})),
        output_(make_local_output(config.data + "/outputs", signer_)),
        runner_(make_runner(*boxes_, system_clock())),
        fetcher_(std::move(made.client)),
        engine_({*store_, *queue_, *output_, *runner_, fetcher_, &signer_, languages_,
                 system_clock(), metrics_, [] { return SubmissionId{random_uuid()}; }},
                config.engine) {
    metrics_.gauge("execution_engine_boxes_ready", "Boxes that are built and wait for a run.",
                   [this] { return boxes_->ready(); });
  }

  Engine& engine() override { return engine_; }
  Languages& languages() override { return languages_; }
  sandbox::Boxes& boxes() override { return *boxes_; }
  int manager_death_fd() const override { return death_fd_; }

 private:
  Languages languages_;
  LinkSigner signer_;
  int death_fd_;
  std::unique_ptr<sandbox::Boxes> boxes_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Runner> runner_;
  UrlFetcher fetcher_;
  Metrics metrics_;
  Engine engine_;
};

// The most that any run may ask for, as the sandbox sees it.
sandbox::RunLimits box_ceiling(const Limits& ceiling) {
  return {.cpu_time = ceiling.cpu_time,
          .wall_time = ceiling.wall_time,
          .memory = ceiling.memory,
          .stack = ceiling.stack,
          .processes = ceiling.processes,
          .output = ceiling.output,
          .file = ceiling.file,
          .disk = ceiling.disk,
          .files = ceiling.files};
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
  TRY(const auto account, account_to_become(config.user));
  config.sandbox.slots = std::max(1, config.engine.slots);
  config.sandbox.ceiling = box_ceiling(config.engine.ceiling);
  TRY(auto manager, sandbox::Manager::fork(config.sandbox));
  TRY(config.data, prepare_data_directory(config.data, account));
  if (account) CHECK_OK(become(*account));
  return Privileged{std::move(manager), std::move(languages)};
}

Result<std::unique_ptr<Parts>> Parts::make(const Config& config, Privileged privileged) {
  const int death_fd = privileged.manager->death_fd();
  TRY(auto client, http::make_guarded_client(config.fetch));
  TRY(std::string key, load_or_make_link_key(config.data + "/link.key"));
  TRY(auto store, make_sqlite_store({.path = config.data + "/engine.db",
                                     .free_space_floor = config.free_space_floor},
                                    system_clock()));
  TRY(auto boxes, sandbox::make_native_boxes(std::move(privileged.manager), config.sandbox));
  return std::unique_ptr<Parts>(std::make_unique<EmbeddedParts>(
      config, EmbeddedParts::Made{std::move(privileged.languages), std::move(key), std::move(boxes),
                                  std::move(store), std::move(client), death_fd}));
}

}  // namespace engine::app
