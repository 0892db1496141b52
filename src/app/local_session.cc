#include "app/local_session.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "app/box_kinds.h"
#include "base/log.h"

namespace engine::app {

Result<std::unique_ptr<LocalSession>> LocalSession::open(Config config, const Narrow& narrow) {
  TRY(TemporaryDirectory directory, TemporaryDirectory::make());
  std::unique_ptr<LocalSession> session(new LocalSession(std::move(directory)));
  config.data = session->directory_.path();
  config.store.clear();
  config.queue.clear();
  config.output.clear();
  config.engine.slots = std::max(config.engine.slots, 1);
  config.cache.disk = Bytes{0};  // Nothing outlives the session that could be used again.
  config.quick.mode = CompileMode::kPlain;
  config.compilers.processes = 0;
  log::configure(log::Level::kError, config.log_format);  // The command's own words come first.
  TRY(Languages languages, load_languages(config));
  if (narrow) languages = narrow(std::move(languages));
  TRY(auto privileged, Parts::prepare(config, std::move(languages)));
  TRY(session->parts_, Parts::make(config, std::move(privileged)));
  session->parts_->probe_languages();
  return session;
}

Result<Engine::Accepted> LocalSession::submit(SubmissionRequest request) {
  std::promise<Result<Engine::Accepted>> accepted;
  parts_->engine().submit(
      std::move(request), {}, std::nullopt,
      [&](Result<Engine::Accepted> result) { accepted.set_value(std::move(result)); });
  return accepted.get_future().get();
}

Result<std::shared_ptr<const Record>> LocalSession::await_end(const SubmissionId& id) {
  std::promise<std::shared_ptr<const Record>> ended;
  const auto subscription = parts_->engine().subscribe(id, {}, [&](const Event& event) {
    if (event.kind == Event::Kind::kState && event.record) ended.set_value(event.record);
  });
  if (!subscription) return subscription.error();
  return ended.get_future().get();
}

LocalSession::~LocalSession() {
  if (parts_) parts_->engine().stop(Milliseconds{0});
}

}  // namespace engine::app
