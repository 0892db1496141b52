#include "app/places.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace engine::app {
namespace {

// What follows the scheme of a URL; nothing where it has another scheme.
std::optional<std::string> after(std::string_view scheme, std::string_view url) {
  if (!url.starts_with(scheme)) return std::nullopt;
  return std::string(url.substr(scheme.size()));
}

bool is_postgres(const Config& config) {
  return after("postgres://", config.store) || after("postgresql://", config.store);
}

bool is_redis(const Config& config) {
  return config.queue.starts_with("redis:") || config.queue.starts_with("unix:");
}

bool is_gcs(const Config& config) {
  return config.output.starts_with("gs:");
}

// Without the password, for a message.
std::string scheme_of(const std::string& url) {
  return "'" + url.substr(0, url.find(':') + 1) + "...'";
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any.
  return value == nullptr ? std::string() : std::string(value);
}

// The variables are those that Google's own clients obey.
Result<GcsOptions> gcs_options(const Config& config) {
  GcsOptions options;
  if (config.output != "gs:") {  // Else the credentials file names the bucket.
    TRY(GcsPlace place, parse_gcs_url(config.output));
    options.bucket = std::move(place.bucket);
    options.prefix = std::move(place.prefix);
  }
  options.credentials_file = config.gcs_credentials.empty()
                                 ? variable("GOOGLE_APPLICATION_CREDENTIALS")
                                 : config.gcs_credentials;
  options.emulator_host = variable("STORAGE_EMULATOR_HOST");
  if (const auto host = variable("GCE_METADATA_HOST"); !host.empty()) options.metadata_host = host;
  options.gzip = config.gcs_gzip;
  options.is_proxy_allowed = config.gcs_proxy;
  // What does not go through soon waits in the spool, and not in a slot.
  options.attempts = 3;
  options.longest_pause = Milliseconds{1'000};
  return options;
}

Status check_kinds(const Config& config) {
  if (!config.store.empty() && !is_postgres(config) && !after("sqlite:", config.store)) {
    return Error{Errc::kInvalid, "store: " + scheme_of(config.store) +
                                     " is neither sqlite:FILE nor postgres://..."};
  }
  if (config.queue.starts_with("rediss:")) {
    return Error{Errc::kInvalid,
                 "queue: this build speaks to Redis without TLS; put stunnel "
                 "between, and name it as redis://"};
  }
  if (!config.queue.empty() && !is_redis(config) && config.queue != "embedded:") {
    return Error{Errc::kInvalid,
                 "queue: " + scheme_of(config.queue) + " is neither embedded: nor redis://..."};
  }
  if (!config.output.empty() && !is_gcs(config) && !after("file:", config.output)) {
    return Error{Errc::kInvalid, "output: " + scheme_of(config.output) +
                                     " is neither file:DIRECTORY nor gs://BUCKET/PREFIX"};
  }
  if (is_gcs(config)) {
    if (auto fit = gcs_options(config); !fit) {
      return Error{Errc::kInvalid, "output: " + fit.error().message};
    }
  }
  return Ok{};
}

}  // namespace

Status check_places(const Config& config) {
  CHECK_OK(check_kinds(config));
  if (is_postgres(config) != is_redis(config)) {
    return Error{
        Errc::kInvalid,
        "store and queue go together: a shared store needs a shared queue, and a queue on "
        "Redis a store that all see; name both postgres://... and redis://..., or neither"};
  }
  if (config.engine.slots == 0 && !is_shared(config)) {
    return Error{Errc::kInvalid,
                 "without slots nothing would ever run: name a store and a queue that workers "
                 "share, like postgres://... and redis://..."};
  }
  if (is_gcs(config) && config.engine.link_lifetime > kLongestGcsLink) {
    return Error{
        Errc::kInvalid,
        "links.lifetime is more than 7d, and Google lets no link into a bucket live longer; "
        "give 7d or less, or keep outputs in file:DIRECTORY"};
  }
  return Ok{};
}

bool is_shared(const Config& config) {
  return is_postgres(config) && is_redis(config);
}

Result<std::unique_ptr<Store>> open_store(const Config& config, const Clock& clock) {
  if (is_postgres(config)) return make_postgres_store({.url = config.store}, clock);
  const auto file = after("sqlite:", config.store);
  return make_sqlite_store({.path = file.value_or(config.data + "/engine.db"),
                            .free_space_floor = config.free_space_floor},
                           clock);
}

Result<std::unique_ptr<Queue>> open_queue(const Config& config, const Clock& clock,
                                          Metrics* metrics) {
  if (!is_redis(config)) {
    return make_embedded_queue({.capacity = config.engine.most_queued}, clock);
  }
  BullmqOptions options{.url = config.queue,
                        .capacity = config.engine.most_queued,
                        .lease = config.lease,
                        .stalled_interval = config.lease,
                        .most_stalled = config.engine.attempts - 1};
  if (metrics != nullptr) {
    options.on_worker_lost = [metrics] { metrics->attempt_lost(LossCause::kWorker); };
  }
  return make_bullmq_queue(std::move(options), clock);
}

Result<std::unique_ptr<Output>> open_output(const Config& config, const LinkSigner& signer,
                                            const Clock& clock, Metrics* metrics) {
  if (!is_gcs(config)) {
    return make_local_output(after("file:", config.output).value_or(config.data + "/outputs"),
                             signer);
  }
  TRY(GcsOptions options, gcs_options(config));
  if (metrics != nullptr) {
    options.on_retry = [metrics](std::string_view cause) { metrics->output_retry(cause); };
  }
  return make_gcs_output(std::move(options), clock);
}

bool links_lead_here(const Config& config) {
  return !is_gcs(config);
}

}  // namespace engine::app
