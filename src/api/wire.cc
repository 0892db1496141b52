#include "api/wire.h"

#include <algorithm>

#include "api/event_text.h"
#include "api/outcome_json.h"
#include "api/request_json.h"

namespace engine::api {
namespace {

// Cuts what is shown of each text to `most` bytes.
void cut_heads(Record& record, std::size_t most) {
  const auto cut = [most](Text& text) {
    if (text.head.size() > most) text.head.resize(most);
  };
  if (record.outcome->compile) cut(record.outcome->compile->output);
  for (RunOutcome& run : record.outcome->runs) {
    cut(run.stdout_text);
    cut(run.stderr_text);
  }
}

bool fits(const Result<std::string>& json, Bytes most) {
  return json && static_cast<std::int64_t>(json->size()) <= most.count;
}

class JsonWire final : public Wire {
 public:
  Result<SubmissionRequest> request(std::string_view json) const override {
    return parse_submission(json);
  }

  std::string progress(const std::vector<Event>& events) const override {
    std::string json = R"({"events":[)";
    for (const Event& event : events)
      json += (json.ends_with('[') ? "" : ",") + event_json(event);
    return json + "]}";
  }

  std::vector<Event> events(std::string_view progress) const override {
    return parse_progress(progress);
  }

  std::string outcome(const Record& record, const LinkTo& link_to, Bytes most) const override {
    auto json = submission_json(record, link_to);
    if (fits(json, most)) return *std::move(json);
    Record shown = record;
    const auto no_link = [](std::string_view) -> Result<std::string> { return std::string(); };
    const LinkTo& links = json ? link_to : no_link;
    if (shown.outcome) {
      for (std::size_t head = std::size_t{16} << 10; head > 0; head /= 4) {
        cut_heads(shown, head);
        if (auto cut = submission_json(shown, links); fits(cut, most)) return *std::move(cut);
      }
      cut_heads(shown, 0);
      while (shown.outcome->runs.size() > 1) {
        shown.outcome->runs.resize(shown.outcome->runs.size() / 2);
        if (auto cut = submission_json(shown, links); fits(cut, most)) return *std::move(cut);
      }
    }
    auto cut = submission_json(shown, links);
    return cut ? *std::move(cut) : "null";
  }
};

}  // namespace

std::unique_ptr<const Wire> make_wire() {
  return std::make_unique<JsonWire>();
}

}  // namespace engine::api
