#include "runner/box_supply.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/log.h"

namespace engine {
namespace {

constexpr Milliseconds kFirstPause{20};  // Five times longer before each further try.

Error stopped() {
  return {Errc::kConflict, "the run was stopped on request", {}};
}

}  // namespace

BoxSupply::BoxSupply(sandbox::Boxes& boxes, std::string image, std::stop_token stop)
    : boxes_(boxes), image_(std::move(image)), stop_(std::move(stop)) {}

Status BoxSupply::prepare() {
  for (int tries = 1;; ++tries) {
    if (stop_.stop_requested()) return stopped();
    if (box_) return Ok{};
    auto box = boxes_.acquire(image_);
    if (box) {
      box_ = *std::move(box);
    } else if (box.error().code != Errc::kUnavailable || tries == kTries) {
      return std::move(box).error();
    } else {
      pause(tries);
    }
  }
}

Result<sandbox::RunReport> BoxSupply::run(const sandbox::RunSpec& spec) {
  auto report = try_some_times(spec);
  if (report && report->end == sandbox::End::kStopped) return stopped();
  return report;
}

Result<sandbox::RunReport> BoxSupply::attempt(const sandbox::RunSpec& spec) {
  auto report = try_some_times(spec);
  const bool is_ended_alone = spec.stop.stop_requested() && !stop_.stop_requested();
  if (report && report->end == sandbox::End::kStopped && !is_ended_alone) return stopped();
  return report;
}

Result<sandbox::RunReport> BoxSupply::try_some_times(const sandbox::RunSpec& spec) {
  for (int tries = 1;; ++tries) {
    auto report = try_once(spec);
    if (report || report.error().code != Errc::kUnavailable || tries == kTries) return report;
    log::warning("a box was lost", {
                                       {"image",  image_                },
                                       {"reason", report.error().message}
    });
    pause(tries);
  }
}

Result<sandbox::RunReport> BoxSupply::try_once(const sandbox::RunSpec& spec) {
  CHECK_OK(prepare());
  auto report = box_->run(spec);
  if (!report || boxes_.reuse() == sandbox::Reuse::kRun) box_.reset();
  return report;
}

void BoxSupply::pause(int tries_so_far) const {
  auto length = kFirstPause;
  for (int i = 1; i < tries_so_far; ++i)
    length *= 5;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopping;
  stopping.wait_for(lock, stop_, length, [] { return false; });
}

}  // namespace engine
