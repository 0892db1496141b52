#include "app/local_session.h"

#include "app/box_kinds.h"
#include "base/log.h"

namespace engine::app {

Result<std::unique_ptr<LocalSession>> LocalSession::open(Config config, const Narrow& narrow) {
  TRY(TemporaryDirectory directory, TemporaryDirectory::make());
  std::unique_ptr<LocalSession> session(new LocalSession(std::move(directory)));
  config.data = session->directory_.path();
  log::configure(log::Level::kError, config.log_format);  // The command's own words come first.
  TRY(Languages languages, load_languages(config));
  if (narrow) languages = narrow(std::move(languages));
  TRY(auto privileged, Parts::prepare(config, std::move(languages)));
  TRY(session->parts_, Parts::make(config, std::move(privileged)));
  session->parts_->probe_languages();
  return session;
}

LocalSession::~LocalSession() {
  if (parts_) parts_->engine().stop(Milliseconds{0});
}

}  // namespace engine::app
