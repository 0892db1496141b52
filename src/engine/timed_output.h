#pragma once

#include <type_traits>

#include "base/clock.h"
#include "engine/metrics.h"
#include "output/output.h"

namespace engine {

// An output whose calls are measured, for where it is another machine's.
class TimedOutput final : public Output {
 public:
  // All outlive it.
  TimedOutput(Output& output, Metrics& metrics, const Clock& clock)
      : output_(output), metrics_(metrics), clock_(clock) {}

  Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) override {
    return timed("put", [&] { return output_.put(id, attempt, objects); });
  }
  Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                          Range range) override {
    return timed("get", [&] { return output_.get(id, attempt, name, range); });
  }
  Result<std::string> link(const SubmissionId& id, int attempt, std::string_view name,
                           std::chrono::seconds lifetime) override {
    return timed("link", [&] { return output_.link(id, attempt, name, lifetime); });
  }
  Status remove(const SubmissionId& id) override {
    return timed("remove", [&] { return output_.remove(id); });
  }
  Status remove_earlier(const SubmissionId& id, int attempt) override {
    return timed("remove_earlier", [&] { return output_.remove_earlier(id, attempt); });
  }

 private:
  template <typename Call>
  std::invoke_result_t<Call> timed(const char* name, Call call) {
    const SteadyTime begin = clock_.steady();
    auto result = call();
    const bool answered = result || result.error().code != Errc::kUnavailable;
    const auto duration = std::chrono::duration_cast<Microseconds>(clock_.steady() - begin);
    metrics_.peer_call("output", name, answered, duration);
    return result;
  }

  Output& output_;
  Metrics& metrics_;
  const Clock& clock_;
};

}  // namespace engine
