#include "engine/fleet.h"

#include <utility>

#include <unistd.h>

#include "base/log.h"

namespace engine {
namespace {

WorkerNotice notice(const Fleet::Options& options, const Languages& languages) {
  WorkerNotice notice{.id = options.name, .host = host_name(), .slots = options.slots};
  for (const auto& entry : languages.all()) {
    if (!entry.version.empty()) notice.languages.push_back({entry.language.id, entry.version});
  }
  return notice;
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "unknown";
}

Fleet::Fleet(Store& store, const Languages& languages, Options options)
    : store_(store), languages_(languages), options_(std::move(options)) {}

Status Fleet::start() {
  if (!options_.shared) return Ok{};
  CHECK_OK(beat());
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  return Ok{};
}

void Fleet::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (options_.slots == 0) return;
  if (const auto retired = store_.retire(options_.name); !retired) {
    log::warning("this worker could not say farewell", {
                                                           {"reason", retired.error().message}
    });
  }
}

void Fleet::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      bell_.wait_for(lock, stop, options_.heartbeat, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (const auto heard = beat(); !heard) {
      log::warning("the other workers are out of sight", {
                                                             {"reason", heard.error().message}
      });
    }
  }
}

Status Fleet::beat() {
  if (options_.slots > 0) CHECK_OK(store_.announce(notice(options_, languages_)));
  TRY(const auto workers, store_.workers(options_.lifetime));
  std::map<std::string, std::string> versions;
  for (const WorkerNotice& worker : workers) {
    for (const LanguageNotice& language : worker.languages)
      versions.emplace(language.id, language.version);
  }
  const std::lock_guard lock(mutex_);
  versions_ = std::move(versions);
  alive_ = workers.size();
  return Ok{};
}

std::string Fleet::version_of(const Languages::Entry& entry) const {
  if (!entry.version.empty() || !options_.shared) return entry.version;
  const std::lock_guard lock(mutex_);
  const auto found = versions_.find(entry.language.id);
  return found == versions_.end() ? std::string() : found->second;
}

Languages Fleet::offered() const {
  Languages languages = languages_;
  for (auto& entry : languages.all()) {
    entry.version = version_of(entry);
    if (!entry.version.empty()) entry.problem.clear();
  }
  return languages;
}

std::optional<std::string> Fleet::problem() const {
  if (!options_.shared) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (alive_ > 0) return std::nullopt;
  return "no worker is alive: start `execution-engine worker`";
}

}  // namespace engine
