#include "api/rendering.h"

#include <utility>

#include "api/outcome_json.h"
#include "http/offload.h"

namespace engine::api {
namespace {

// Whether rendering takes less than waking another thread for it.
bool is_small(const Record& record) {
  if (!record.outcome) return true;
  std::size_t bytes = record.outcome->compile ? record.outcome->compile->output.head.size() : 0;
  for (const RunOutcome& run : record.outcome->runs)
    bytes += run.stdout_text.head.size() + run.stderr_text.head.size();
  return record.outcome->runs.size() <= 4 && bytes <= 8'192;
}

}  // namespace

Result<std::string> render(Engine& engine, const Record& record) {
  const auto link_to = [&](std::string_view object) { return engine.link(record, object); };
  return submission_json(record, link_to);
}

Result<std::string> find_and_render(Engine& engine, const SubmissionId& id, const OwnerId& owner) {
  TRY(const auto record, engine.find(id, owner));
  return render(engine, *record);
}

Answer render(ContextPtr context, std::shared_ptr<const Record> record) {
  auto call = [&] { return render(context->engine, *record); };
  Result<std::string> json = std::string();
  if (is_small(*record)) {
    json = call();
  } else {
    json = co_await http::offload(context->blocking, call);
  }
  if (!json) co_return context->refused(json.error());
  co_return json_response(200, *std::move(json));
}

}  // namespace engine::api
