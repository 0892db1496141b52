#include "sandbox/native_box.h"

#include <utility>

#include "sandbox/run_check.h"
#include "sandbox/run_monitor.h"

namespace engine::sandbox {

struct NativeBox::Started {
  // Of the run itself nothing is known yet, but whether it will have input.
  Started(const RunSpec& of, BoxLink& link)
      : spec{.argv = of.argv,
             .environment = of.environment,
             .input = of.input.empty() ? "" : "some",
             .limits = of.limits},
        monitor(spec, link) {}
  RunSpec spec;
  RunMonitor monitor;
};

NativeBox::NativeBox(std::unique_ptr<LiveBox> live, bool resets_at_once, Release release)
    : live_(std::move(live)), resets_at_once_(resets_at_once), release_(std::move(release)) {}

NativeBox::~NativeBox() {
  if (started_ != nullptr) drop_started();
  release_(std::move(live_));
}

Result<RunReport> NativeBox::run(const RunSpec& spec) {
  CHECK_OK(check_run(spec));
  if (started_ != nullptr && started_->monitor.serves(spec)) return go_on(spec);
  if (started_ != nullptr) drop_started();
  if (live_->lost) return Error{Errc::kUnavailable, "the box was lost before", {}};
  if (Status ready = make_ready({spec.limits.disk, spec.limits.files}); !ready) {
    live_->lost = true;
    return std::move(ready).error();
  }
  if (!may_start(spec)) return RunReport{.end = End::kStopped};
  RunMonitor monitor(spec, live_->link);
  auto report = monitor.run();
  const bool lost = monitor.box_is_lost() || (!report && report.error().code != Errc::kInvalid);
  after_run(lost);
  return report;
}

Status NativeBox::start_ahead(const RunSpec& spec, const std::string& program) {
  CHECK_OK(check_run(spec));
  if (started_ != nullptr) drop_started();
  if (live_->lost) return Error{Errc::kUnavailable, "the box was lost before", {}};
  Status started = make_ready({spec.limits.disk, spec.limits.files});
  if (started) {
    started_ = std::make_unique<Started>(spec, live_->link);
    started = started_->monitor.start_ahead(program);
  }
  if (started) return started;
  started_.reset();
  live_->lost = true;
  return Error{Errc::kUnavailable, std::move(started).error().message, {}};
}

Result<RunReport> NativeBox::go_on(const RunSpec& spec) {
  if (!may_start(spec)) return RunReport{.end = End::kStopped};
  auto report = started_->monitor.go_on(spec);
  const bool lost = started_->monitor.box_is_lost() || !report;
  started_.reset();
  after_run(lost);
  return report;
}

void NativeBox::drop_started() {
  started_.reset();
  BoxLink& link = live_->link;
  const bool is_gone =
      link.kill() && link.await_dead(std::chrono::steady_clock::now() + kBoxPatience);
  after_run(!is_gone);
}

Status NativeBox::make_ready(const ScratchSize& size) {
  BoxLink& link = live_->link;
  if (used_) CHECK_OK(link.order_reset(size));
  used_ = false;
  const auto deadline = std::chrono::steady_clock::now() + kBoxPatience;
  CHECK_OK(link.await_ready(deadline));
  return link.resize(size, deadline);
}

void NativeBox::after_run(bool lost) {
  live_->lost = lost;
  used_ = true;
  if (lost || !resets_at_once_) return;
  live_->lost = !live_->link.order_reset(live_->link.size());
  used_ = false;
}

}  // namespace engine::sandbox
