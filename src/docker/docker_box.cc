#include "docker/docker_box.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "docker/container_run.h"
#include "sandbox/run_check.h"

namespace engine::docker {
namespace {

constexpr std::chrono::seconds kSupervisorPatience{20};
constexpr int kAttempts = 3;

}  // namespace

Result<sandbox::RunReport> DockerBox::run(const sandbox::RunSpec& spec) {
  CHECK_OK(sandbox::check_run(spec));
  CHECK_OK(make_ready(shape_of(reference_, spec)));
  if (!sandbox::may_start(spec)) return sandbox::RunReport{.end = sandbox::End::kStopped};
  container_->used = true;
  auto report = ContainerRun(spec, source_.engine(), *container_).run();
  const bool was_frozen = report && report->host_stalled;
  if (container_->lost && (!report || was_frozen)) source_.note_loss();
  if (container_->lost || !keeps_) {
    container_->lost = true;
    leave();
  }
  return report;
}

Status DockerBox::make_ready(const Shape& shape) {
  if (container_ != nullptr && container_->shape != shape) leave();
  for (int attempt = 1;; ++attempt) {
    if (container_ == nullptr) {
      TRY(container_, source_.take(shape));
    }
    const Status ready =
        container_->link.await_ready(std::chrono::steady_clock::now() + kSupervisorPatience);
    if (ready) return Ok{};
    log::debug("a container is not usable", {
                                                {"error", ready.error().message}
    });
    if (!container_->used) source_.note_loss();  // Else its last run may have ended it.
    container_->lost = true;
    leave();
    if (attempt == kAttempts) return ready.error();
  }
}

void DockerBox::leave() {
  if (container_ != nullptr) source_.give_back(std::move(container_));
}

}  // namespace engine::docker
