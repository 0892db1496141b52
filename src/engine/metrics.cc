#include "engine/metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace engine {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;

constexpr std::size_t kMostLanguages = 200;  // Labels are kept for ever; more become "other".

const Histogram::BucketBoundaries kPhaseSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                0.5,   1,      2.5,   5,    10,    30,   60,  300};
const Histogram::BucketBoundaries kHttpSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                               0.1,    0.25,  0.5,    1,     2.5,  5,     10};

double seconds(Microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

Family<Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Histogram>& histograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

// A method comes from a stranger; what is not one of HTTP's own shares one label.
std::string_view method_label(std::string_view method) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET",   "POST", "PUT",    "DELETE",
                                                        "PATCH", "HEAD", "OPTIONS"};
  const bool known = std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
  return known ? method : "other";
}

std::string status_class(int status) {
  if (status < 100 || status > 599) return "other";
  return std::to_string(status / 100) + "xx";
}

std::string cause_label(LossCause cause) {
  switch (cause) {
    case LossCause::kHost: return "host";
    case LossCause::kOverload: return "overload";
    case LossCause::kPeer: return "peer";
    case LossCause::kStore: return "store";
    case LossCause::kLease: return "lease";
    case LossCause::kWorker: return "worker";
  }
  return "other";
}

}  // namespace

struct Metrics::Impl {
  struct Source {
    prometheus::MetricType type;
    std::string name;
    std::string help;
    std::string label;  // Empty: there is one value.
    std::function<std::vector<double>()> read;
  };

  void add(Source source) {
    const std::lock_guard lock(mutex);
    sources.push_back(std::move(source));
  }

  std::string language_label(std::string_view language) {
    const std::lock_guard lock(mutex);
    std::string label(language);
    if (languages.contains(label)) return label;
    if (languages.size() >= kMostLanguages) return "other";
    return *languages.insert(std::move(label)).first;
  }

  // Of one method, route and class of status.
  struct Requests {
    Counter& count;
    Histogram& durations;
  };
  // To put labels together and look them up takes longer than to count.
  const Requests& requests_of(std::string_view method, std::string_view route, int status) {
    const auto status_label = status_class(status);
    const std::lock_guard lock(mutex);
    const std::tuple<std::string_view, std::string_view, std::string_view> labels(method, route,
                                                                                  status_label);
    if (const auto known = requests.find(labels); known != requests.end()) return known->second;
    return requests.emplace(labels, add_requests(method, route, status_label)).first->second;
  }

  Requests add_requests(std::string_view method, std::string_view route,
                        const std::string& status) {
    prometheus::Labels labels;
    labels.emplace("method", method);
    labels.emplace("route", route);
    Histogram& durations = request_durations.Add(labels, kHttpSeconds);
    labels.emplace("status", status);
    return {request_counts.Add(labels), durations};
  }

  void observe_phase(const char* phase, Microseconds duration) {
    phases
        .Add(
            {
                {"phase", phase}
    },
            kPhaseSeconds)
        .Observe(seconds(duration));
  }

  std::vector<prometheus::MetricFamily> read_sources() const {
    std::vector<Source> all;
    {
      const std::lock_guard lock(mutex);
      all = sources;  // Read without the lock: a source may wait for a disk.
    }
    std::vector<prometheus::MetricFamily> families;
    for (const Source& source : all) {
      auto& family = families.emplace_back();
      family.name = source.name;
      family.help = source.help;
      family.type = source.type;
      for (const double value : source.read()) {
        const std::string number = std::to_string(family.metric.size());
        auto& metric = family.metric.emplace_back();
        metric.gauge.value = metric.counter.value = value;
        if (!source.label.empty())
          metric.label = {
              {source.label, number}
          };
      }
    }
    return families;
  }

  prometheus::Registry registry;
  Family<Counter>& accepted =
      counters(registry, "execution_engine_submissions_accepted_total", "Submissions accepted.");
  Family<Counter>& finished =
      counters(registry, "execution_engine_submissions_total", "Submissions finished.");
  Family<Counter>& cancelled =
      counters(registry, "execution_engine_submissions_cancelled_total", "Submissions cancelled.");
  Family<Counter>& attempts_lost = counters(registry, "execution_engine_attempts_lost_total",
                                            "Attempts that were lost; they are tried again.");
  Family<Counter>& output_retries =
      counters(registry, "execution_engine_output_retries_total",
               "Requests to the bucket that were made once more, by what became of them.");
  Family<Counter>& docker_losses =
      counters(registry, "execution_engine_docker_losses_total",
               "Containers that died, and those that could not be started.");
  Counter& leases_lost = counters(registry, "execution_engine_leases_lost_total",
                                  "Runs stopped because the submission was somebody else's.")
                             .Add({});
  Family<Histogram>& peer_durations =
      histograms(registry, "execution_engine_peer_seconds",
                 "Calls to where submissions and outputs are kept, by what they were for.");
  Family<Counter>& peer_failures =
      counters(registry, "execution_engine_peer_failures_total", "Such calls that got no answer.");
  Family<Histogram>& phases = histograms(registry, "execution_engine_phase_seconds",
                                         "Where the time of finished submissions went.");
  Family<Counter>& request_counts =
      counters(registry, "execution_engine_http_requests_total", "HTTP requests answered.");
  Family<Histogram>& request_durations =
      histograms(registry, "execution_engine_http_request_duration_seconds",
                 "From a request's head to its answer's last byte.");

  mutable std::mutex mutex;  // Guards the rest.
  std::set<std::string> languages;
  std::map<std::tuple<std::string, std::string, std::string>, Requests, std::less<>> requests;
  std::vector<Source> sources;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::submission_accepted(std::string_view language) {
  impl_->accepted
      .Add({
          {"language", impl_->language_label(language)}
  })
      .Increment();
}

void Metrics::submission_finished(std::string_view language, const Outcome& outcome) {
  impl_->finished
      .Add({
          {"language", impl_->language_label(language)        },
          {"verdict",  std::string(to_string(outcome.verdict))}
  })
      .Increment();
  impl_->observe_phase("queued", outcome.phases.queued);
  impl_->observe_phase("preparing", outcome.phases.preparing);
  if (outcome.compile) impl_->observe_phase("compiling", outcome.phases.compiling);
  if (!outcome.runs.empty()) impl_->observe_phase("running", outcome.phases.running);
}

void Metrics::submission_cancelled(std::string_view language) {
  impl_->cancelled
      .Add({
          {"language", impl_->language_label(language)}
  })
      .Increment();
}

void Metrics::attempt_lost(LossCause cause) {
  impl_->attempts_lost
      .Add({
          {"cause", cause_label(cause)}
  })
      .Increment();
}

void Metrics::output_retry(std::string_view cause) {
  impl_->output_retries
      .Add({
          {"cause", std::string(cause)}
  })
      .Increment();
}

void Metrics::docker_loss(std::string_view cause) {
  impl_->docker_losses
      .Add({
          {"cause", std::string(cause)}
  })
      .Increment();
}

void Metrics::lease_lost() {
  impl_->leases_lost.Increment();
}

void Metrics::peer_call(std::string_view peer, std::string_view call, bool answered,
                        Microseconds duration) {
  const std::string peer_name(peer);
  const std::string call_name(call);
  impl_->peer_durations
      .Add(
          {
              {"peer", peer_name},
              {"call", call_name}
  },
          kPhaseSeconds)
      .Observe(seconds(duration));
  if (answered) return;
  impl_->peer_failures
      .Add({
          {"peer", peer_name},
          {"call", call_name}
  })
      .Increment();
}

void Metrics::http_request(std::string_view method, std::string_view route, int status,
                           Microseconds duration) {
  const auto& requests = impl_->requests_of(method_label(method), route, status);
  requests.count.Increment();
  requests.durations.Observe(seconds(duration));
}

void Metrics::gauge(std::string name, std::string help, std::function<double()> read) {
  impl_->add({prometheus::MetricType::Gauge,
              std::move(name),
              std::move(help),
              {},
              [read = std::move(read)] { return std::vector{read()}; }});
}

void Metrics::gauges(std::string name, std::string help, std::string label,
                     std::function<std::vector<double>()> read) {
  impl_->add({prometheus::MetricType::Gauge, std::move(name), std::move(help), std::move(label),
              std::move(read)});
}

void Metrics::counter(std::string name, std::string help, std::function<double()> read) {
  impl_->add({prometheus::MetricType::Counter,
              std::move(name),
              std::move(help),
              {},
              [read = std::move(read)] { return std::vector{read()}; }});
}

std::string Metrics::text() const {
  auto families = impl_->registry.Collect();
  auto read = impl_->read_sources();
  families.insert(families.end(), std::make_move_iterator(read.begin()),
                  std::make_move_iterator(read.end()));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace engine
