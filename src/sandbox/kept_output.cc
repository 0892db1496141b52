#include "sandbox/kept_output.h"

namespace engine::sandbox {

void KeptOutput::keep(Stream stream, std::string_view bytes) {
  const auto room = static_cast<std::size_t>(limit_.count) - log_.size();
  if (bytes.size() > room) {
    over_limit_ = true;
    bytes = bytes.substr(0, room);
  }
  if (bytes.empty()) return;
  text(stream).append(bytes);
  log_.append(bytes);
  if (observer_ != nullptr) observer_->on_output(stream, bytes);
}

void KeptOutput::move_into(RunReport& report) {
  report.stdout_text = std::move(text(Stream::kStdout));
  report.stderr_text = std::move(text(Stream::kStderr));
  report.log = std::move(log_);
  report.truncated = over_limit_;
}

}  // namespace engine::sandbox
