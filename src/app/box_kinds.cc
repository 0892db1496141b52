#include "app/box_kinds.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "docker/docker.h"
#include "runner/box_limits.h"

namespace engine::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsualImage = "host";

// Where the languages that come with the program are: beside it, in its share directory, or in the
// source tree that it was built from.
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

Status check_choices(const Config& config, const Languages& languages) {
  const auto& all = languages.all();
  for (const auto& choice : config.language) {
    const std::string& id = choice.first;
    const bool is_there = std::any_of(all.begin(), all.end(),
                                      [&](const auto& entry) { return entry.language.id == id; });
    if (!is_there) {
      return Error{Errc::kInvalid, "language." + id + ": there is no language of that id"};
    }
  }
  return Ok{};
}

// Only what some language wants has to be there.
std::vector<docker::Image> docker_images(const Config& config, const Languages& languages) {
  std::vector<docker::Image> images;
  for (const auto& entry : languages.all()) {
    const std::string& name = entry.language.image;
    const bool is_known = std::any_of(images.begin(), images.end(),
                                      [&](const auto& image) { return image.name == name; });
    if (entry.language.runner != BoxKind::kDocker || is_known) continue;
    images.push_back({name, name == kUsualImage ? config.docker.images.front().reference : name});
  }
  return images;
}

// Those that warm compilers hold, each language's and the one that comes in the place of another,
// and those in which an interpreter stands.
int kept_boxes(const Config& config, const Languages& languages) {
  if (!config.warm.enabled) return 0;
  int kept = 0;
  for (const auto& entry : languages.all()) {
    const Language& language = entry.language;
    const bool has_compilers = language.warm && !language.warm_compile.empty();
    if (has_compilers && config.compilers.processes > 0) kept += config.compilers.processes + 1;
    if (language.start_ahead) kept += config.ahead.each;
  }
  return kept;
}

sandbox::NativeOptions native_options(const Config& config, const Languages& languages) {
  sandbox::NativeOptions options = config.sandbox;
  options.slots = config.engine.slots;
  options.kept = kept_boxes(config, languages);
  options.ceiling = box_limits(config.engine.ceiling);
  return options;
}

docker::DockerOptions docker_options(const Config& config, const Languages& languages) {
  docker::DockerOptions options = config.docker;
  options.images = docker_images(config, languages);
  options.reuse = config.sandbox.reuse;
  options.strict_seccomp = config.sandbox.strict_seccomp;
  options.slots = config.engine.slots;
  options.usual = box_limits(config.engine.defaults);
  return options;
}

}  // namespace

Result<Languages> load_languages(const Config& config) {
  TRY(const std::string directory, languages_directory(config));
  TRY(Languages languages, Languages::load(directory));
  CHECK_OK(check_choices(config, languages));
  for (auto& entry : languages.all()) {
    Language& language = entry.language;
    if (const auto choice = config.language.find(language.id); choice != config.language.end()) {
      if (choice->second.runner) language.runner = choice->second.runner;
      if (!choice->second.image.empty()) language.image = choice->second.image;
      bool& warm = language.start_ahead ? language.start_ahead : language.warm;
      warm = choice->second.warm.value_or(warm);
    }
    if (!language.runner) language.runner = config.boxes;
  }
  return languages;
}

bool any_runs_in(const Languages& languages, BoxKind kind) {
  const auto& all = languages.all();
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& entry) { return entry.language.runner == kind; });
}

Result<std::unique_ptr<sandbox::Manager>> BoxKinds::fork_manager(const Config& config,
                                                                 const Languages& languages) {
  if (!any_runs_in(languages, BoxKind::kNative)) return std::unique_ptr<sandbox::Manager>();
  return sandbox::Manager::fork(native_options(config, languages));
}

Result<std::vector<gid_t>> BoxKinds::groups(const Config& config, const Languages& languages) {
  if (!any_runs_in(languages, BoxKind::kDocker)) return std::vector<gid_t>{};
  TRY(const auto address, docker::parse_address(config.docker.engine));
  struct stat status{};
  if (address.socket.empty() || ::stat(address.socket.c_str(), &status) != 0) {
    return std::vector<gid_t>{};  // Whoever connects says what is wrong.
  }
  return std::vector<gid_t>{status.st_gid};
}

Result<BoxKinds> BoxKinds::open(const Config& config, const Languages& languages,
                                std::unique_ptr<sandbox::Manager> manager, Metrics& metrics) {
  BoxKinds kinds;
  if (manager) {
    kinds.manager_death_fd_ = manager->death_fd();
    TRY(kinds.native_,
        sandbox::make_native_boxes(std::move(manager), native_options(config, languages)));
  }
  if (any_runs_in(languages, BoxKind::kDocker)) {
    docker::DockerOptions options = docker_options(config, languages);
    options.on_loss = [&metrics](docker::Loss loss) { metrics.docker_loss(to_string(loss)); };
    TRY(kinds.docker_, docker::make_docker_boxes(options));
  }
  return kinds;
}

int BoxKinds::ready() const {
  return (native_ ? native_->ready() : 0) + (docker_ ? docker_->ready() : 0);
}

}  // namespace engine::app
