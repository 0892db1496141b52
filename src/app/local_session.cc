#include "app/local_session.h"

#include "base/log.h"
#include "runner/probe.h"

namespace engine::app {

Result<std::unique_ptr<LocalSession>> LocalSession::open(Config config, const Narrow& narrow) {
  TRY(TemporaryDirectory directory, TemporaryDirectory::make());
  std::unique_ptr<LocalSession> session(new LocalSession(std::move(directory)));
  config.data = session->directory_.path();
  log::configure(log::Level::kError, config.log_format);  // The command's own words come first.
  TRY(auto privileged, Parts::prepare(config));
  if (narrow) privileged.languages = narrow(std::move(privileged.languages));
  TRY(session->parts_, Parts::make(config, std::move(privileged)));
  probe(session->parts_->languages(), *session->parts_->boxes());
  return session;
}

LocalSession::~LocalSession() {
  if (parts_) parts_->engine().stop(Milliseconds{0});
}

}  // namespace engine::app
