#include <optional>
#include <utility>

#include "api/handlers.h"
#include "api/request_json.h"
#include "api/requests.h"
#include "api/upload_form.h"
#include "base/json_writer.h"
#include "http/offload.h"

namespace engine::api {
namespace {

http::Response wrong_type(std::string_view wanted) {
  return refuse(Wording::kUpload, 415, "Content-Type must be " + std::string(wanted));
}

struct Form {
  Upload upload;
  std::optional<IdempotencyKey> key;
};

Result<Form> parse_form(const http::Request& request, const Languages& languages) {
  Form parsed;
  TRY(parsed.upload, read_upload_form(request, languages));
  TRY(parsed.key, idempotency_key(request, upload_fingerprint(parsed.upload)));
  return parsed;
}

// Hands the upload in and words the answer. `field` is where its source came from.
Answer push(ContextPtr context, OwnerId owner, Upload upload, std::optional<IdempotencyKey> key,
            std::string field) {
  const auto accepted = co_await submit(context, std::move(upload.request), owner, std::move(key));
  if (!accepted) {
    co_return refused_submit(*context, Wording::kUpload, told_of(accepted.error(), field));
  }
  JsonWriter json;
  json.begin_object();
  json.member("message", "File uploaded and pushed to queue successfully");
  json.member("id", accepted->id.text);
  json.member("fileName", upload.file_name);
  json.end_object();
  co_return json_response(200, json.take());
}

// A fetched file whose address ends in no name is called as its language calls its sources.
std::string name_of(const std::string& fetched, const std::string& language,
                    const Languages& languages) {
  if (!fetched.empty()) return fetched;
  const auto* entry = languages.find(language);
  return entry == nullptr ? fetched : entry->language.source;
}

Result<Upload> fetch_upload(Engine& engine, const UrlRequest& request) {
  TRY(auto fetched, engine.fetch(request.url));
  const Languages& languages = engine.languages();
  Upload upload{.file_name = name_of(fetched.file_name, request.language, languages)};
  TRY(upload.request, lone_source(upload.file_name, std::move(fetched.request.files.at(0).content),
                                  request.language, "url", languages));
  upload.request.tests[0].input = request.input;
  return upload;
}

// The first run's whole outputs, where they are more than fits an answer.
struct Links {
  std::string executed;
  std::string first_stdout;
  std::string first_stderr;
};

Result<std::string> link_unless_empty(Engine& engine, const Record& record,
                                      const std::string& object) {
  if (object.empty()) return std::string();
  return engine.link(record, object);
}

Result<Links> make_links(Engine& engine, const Record& record) {
  Links links;
  if (!record.outcome) return links;
  const Outcome& outcome = *record.outcome;
  TRY(links.executed, link_unless_empty(engine, record, outcome.log_object));
  if (outcome.runs.empty()) return links;
  const RunOutcome& first = outcome.runs.front();
  TRY(links.first_stdout, link_unless_empty(engine, record, first.stdout_text.object));
  TRY(links.first_stderr, link_unless_empty(engine, record, first.stderr_text.object));
  return links;
}

http::Response not_executed(const Record& record) {
  const bool cancelled = record.state == State::kCancelled;
  JsonWriter json;
  json.begin_object();
  json.member("message", cancelled ? "Code was cancelled" : "Code is not executed yet");
  json.member("codeId", record.id.text);
  json.member("state", to_string(record.state));
  json.end_object();
  return json_response(cancelled ? 409 : 202, json.take());
}

http::Response executed(const Record& record, const Links& links) {
  const auto known = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  JsonWriter json;
  json.begin_object();
  json.member("message", "Executed URL fetched successfully");
  json.member("codeId", record.id.text);
  json.member("executedUrl", known(links.executed));
  json.member("state", to_string(record.state));
  json.member("verdict", to_string(record.outcome ? record.outcome->verdict : Verdict{}));
  json.member("stdoutUrl", known(links.first_stdout));
  json.member("stderrUrl", known(links.first_stderr));
  json.end_object();
  return json_response(200, json.take());
}

Result<http::Response> find_executed(Engine& engine, const SubmissionId& id, const OwnerId& owner) {
  TRY(const auto record, engine.find(id, owner));
  if (record->state != State::kFinished) return not_executed(*record);
  TRY(const Links links, make_links(engine, *record));
  return executed(*record, links);
}

// A fetch, counted while it waits for a thread and while it has one.
class Fetch {
 public:
  explicit Fetch(const Context& context) : context_(context), number_(++context.fetches) {}
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch() { --context_.fetches; }

  bool is_one_too_many() const { return number_ > context_.options.most_fetches; }

 private:
  const Context& context_;
  const int number_;
};

}  // namespace

Answer upload_source(ContextPtr context, OwnerId owner, http::Request request) {
  if (!has_content_type(request, "multipart/form-data")) {
    co_return wrong_type("multipart/form-data");
  }
  auto read = [&] { return parse_form(request, context->engine.languages()); };
  auto parsed = co_await read_body(context, request.body.size(), read);
  if (!parsed) co_return context->refused_upload(parsed.error());
  request.body = {};
  std::string field = "sourceCode";
  co_return co_await push(context, owner, std::move(parsed->upload), std::move(parsed->key),
                          std::move(field));
}

Answer upload_url(ContextPtr context, OwnerId owner, http::Request request) {
  if (!has_content_type(request, "application/json")) co_return wrong_type("application/json");
  const auto asked = parse_url_request(request.body);
  if (!asked) co_return context->refused_upload(asked.error());
  auto key = idempotency_key(request, request.body);
  if (!key) co_return context->refused_upload(key.error());
  const Fetch fetch(*context);
  if (fetch.is_one_too_many()) {
    co_return context->refused_upload(
        {Errc::kOverloaded, "too many files are being fetched", "url"});
  }
  auto call = [&] { return fetch_upload(context->engine, *asked); };
  auto upload = co_await http::offload(context->fetching, call);
  if (!upload) co_return context->refused_upload(upload.error());
  std::string field = "url";
  co_return co_await push(context, owner, *std::move(upload), *std::move(key), std::move(field));
}

Answer show_executed_url(ContextPtr context, OwnerId owner, http::Request request) {
  const std::string* id = request.parameter("id");
  if (id == nullptr || id->empty()) {
    co_return refuse(Wording::kUpload, 400, "the query parameter id is missing");
  }
  auto call = [&] { return find_executed(context->engine, SubmissionId{*id}, owner); };
  auto response = co_await http::offload(context->blocking, call);
  if (!response) co_return context->refused_upload(response.error());
  co_return *std::move(response);
}

}  // namespace engine::api
