#include "api/rendering.h"

#include <utility>

#include "api/outcome_json.h"
#include "http/offload.h"

namespace engine::api {

Result<std::string> render(Engine& engine, const Record& record) {
  const auto link_to = [&](std::string_view object) { return engine.link(record, object); };
  return submission_json(record, link_to);
}

Result<std::string> find_and_render(Engine& engine, const SubmissionId& id, const OwnerId& owner) {
  TRY(const auto record, engine.find(id, owner));
  return render(engine, *record);
}

http::Response rendered(const Context& context, const Record& record) {
  auto json = render(context.engine, record);
  return json ? json_response(200, *std::move(json)) : context.refused(json.error());
}

Answer render(ContextPtr context, std::shared_ptr<const Record> record) {
  if (context->engine.is_light(*record)) co_return rendered(*context, *record);
  auto call = [&] { return render(context->engine, *record); };
  auto json = co_await http::offload(context->blocking, call);
  if (!json) co_return context->refused(json.error());
  co_return json_response(200, *std::move(json));
}

}  // namespace engine::api
