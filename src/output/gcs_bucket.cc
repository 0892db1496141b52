#include "output/gcs_bucket.h"

#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/encoding.h"
#include "output/gcs_upload.h"

namespace engine::gcs {
namespace {

namespace json = boost::json;

constexpr int kMostPages = 1'000;   // Of a listing, with 1000 names each.
constexpr Bytes kRefusal = 64_KiB;  // What an answer that is no object may have, beside one.
constexpr const char* kNeeded[] = {"storage.objects.create", "storage.objects.get",
                                   "storage.objects.list", "storage.objects.delete"};

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 19 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// MD5 may be missing; then the other one has to do.
bool is_same(const Stored& stored, const Content& content, const Checksums& checksums) {
  const auto agree = [](const std::string& a, const std::string& b) {
    return a.empty() || b.empty() || a == b;
  };
  const bool has_any = !stored.checksums.crc32c.empty() || !stored.checksums.md5.empty();
  return has_any && stored.size == std::to_string(content.bytes.size()) &&
         agree(stored.checksums.md5, checksums.md5) &&
         agree(stored.checksums.crc32c, checksums.crc32c);
}

Error not_found() {
  return {Errc::kNotFound, "there is no such object", {}};
}

}  // namespace

Bucket::Bucket(std::string base_url, const GcsOptions& options, const Peer& peer, Account* account)
    : base_url_(std::move(base_url)), options_(options), peer_(peer), account_(account) {}

std::string Bucket::quoted() const {
  return "the bucket '" + options_.bucket + "'";
}

std::string Bucket::bucket_url() const {
  return base_url_ + "/storage/v1/b/" + percent_encode(options_.bucket);
}

std::string Bucket::object_url(const std::string& name, const Query& query) const {
  const std::string url = bucket_url() + "/o/" + percent_encode(name);
  return query.empty() ? url : url + "?" + query_text(query);
}

// A token may be refused before its time; one more try with a fresh one.
Result<http::ClientAnswer> Bucket::call(http::ClientRequest request) const {
  if (account_ == nullptr) return peer_.send(request);
  request.headers.emplace_back("Authorization", "");
  for (bool is_last = false;; is_last = true) {
    TRY(const std::string token, account_->token());
    request.headers.back().second = "Bearer " + token;
    auto answer = peer_.send(request);
    if (!answer || answer->status != 401 || is_last) return answer;
    account_->drop_token(token);
  }
}

Error Bucket::refused(const http::ClientAnswer& answer) const {
  if (answer.status == 404)
    return {Errc::kUnavailable, "there is no bucket '" + options_.bucket + "'", {}};
  return refusal(answer, quoted());
}

Result<Stored> Bucket::stored(const http::ClientAnswer& answer) const {
  TRY(const json::object object, json_object(answer, quoted()));
  Stored found{
      .generation = text_of(object, "generation"),
      .size = text_of(object, "size"),
      .checksums = {.md5 = text_of(object, "md5Hash"), .crc32c = text_of(object, "crc32c")}
  };
  if (!is_number(found.generation) || !is_number(found.size)) {
    return Error{Errc::kUnavailable, quoted() + " gave an answer that cannot be understood", {}};
  }
  return found;
}

Result<Stored> Bucket::write(const std::string& name, const Content& content) const {
  const Checksums checksums = checksums_of(content.bytes);
  std::string generation = "0";  // Which is to be there: none.
  bool was_there = false;
  for (int attempt = 1; attempt <= peer_.attempts(); ++attempt) {
    TRY(const auto answer, upload(name, content, generation));
    const bool is_written = answer.status == 200 || answer.status == 201;
    if (!is_written && answer.status != 412) return refused(answer);
    was_there = was_there || !is_written;
    auto there = is_written ? stored(answer) : look(name);
    if (there && is_same(*there, content, checksums)) {
      there->was_there = was_there;
      return there;
    }
    if (!there && there.error().code != Errc::kNotFound) return there;
    generation = there ? there->generation : "0";  // Something else, or damaged on its way.
  }
  return Error{Errc::kUnavailable, "an object in " + quoted() + " is never as it was written", {}};
}

Result<http::ClientAnswer> Bucket::upload(const std::string& name, const Content& content,
                                          const std::string& generation) const {
  const bool in_pieces = content.bytes.size() > static_cast<std::size_t>(options_.piece.count);
  Query query{
      {"uploadType",        in_pieces ? "resumable" : "media"},
      {"name",              name                             },
      {"ifGenerationMatch", generation                       }
  };
  if (content.is_gzip) query.emplace_back("contentEncoding", "gzip");
  const std::string url = base_url_ + "/upload/storage/v1/b/" + percent_encode(options_.bucket) +
                          "/o?" + query_text(query);
  if (in_pieces) return upload_in_pieces(url, content);
  return call({.method = "POST",
               .url = url,
               .headers = {{"Content-Type", std::string(content.type)}},
               .body = content.bytes});
}

Result<http::ClientAnswer> Bucket::upload_in_pieces(const std::string& url,
                                                    const Content& content) const {
  const http::ClientRequest begin{
      .method = "POST",
      .url = url,
      .headers = {{"X-Upload-Content-Type", std::string(content.type)},
                  {"X-Upload-Content-Length", std::to_string(content.bytes.size())}}
  };
  for (int attempt = 1;; ++attempt) {
    TRY(auto begun, call(begin));
    const std::string* session = http::find_header(begun.headers, "Location");
    if (begun.status != 200 && begun.status != 201) return begun;
    if (session == nullptr) {
      return Error{Errc::kUnavailable, quoted() + " began an upload and does not say where", {}};
    }
    auto answer =
        send_pieces(peer_, *session, content.bytes, static_cast<std::size_t>(options_.piece.count));
    // The session has ended; its bytes are lost, and only theirs.
    const bool is_gone = answer && (answer->status == 404 || answer->status == 410);
    if (!is_gone || attempt >= peer_.attempts()) return answer;
    peer_.pause(attempt);
  }
}

Result<std::string> Bucket::read(const std::string& name, const std::string& generation,
                                 const Part& part) const {
  http::ClientRequest request{
      .url = object_url(name, {{"alt", "media"}, {"generation", generation}}
         ),
      .answer = Bytes{part.whole}
         + kRefusal
  };
  const bool is_all = part.size == part.whole;
  if (!is_all) {
    request.headers.emplace_back("Range", "bytes=" + std::to_string(part.offset) + "-" +
                                              std::to_string(part.offset + part.size - 1));
  }
  if (part.is_gzip) request.headers.emplace_back("Accept-Encoding", "gzip");
  auto answer = call(request);
  if (answer && answer->status == 404) return not_found();
  if (answer && answer->status == 200 && std::cmp_equal(answer->body.size(), part.whole)) {
    if (is_all) return std::move(answer->body);
    return answer->body.substr(static_cast<std::size_t>(part.offset),
                               static_cast<std::size_t>(part.size));
  }
  if (answer && answer->status == 206 && std::cmp_equal(answer->body.size(), part.size)) {
    return std::move(answer->body);
  }
  if (answer && answer->status != 200 && answer->status != 206) return refused(*answer);
  if (!answer && answer.error().code != Errc::kTooLarge) return std::move(answer).error();
  return Error{Errc::kUnavailable, quoted() + " gave an object of the wrong length", {}};
}

Result<std::string> Bucket::read_all(const std::string& name, Bytes limit) const {
  TRY(auto answer, call({
                       .url = object_url(name, {{"alt", "media"}}
                          ), .answer = limit
  }));
  if (answer.status == 200) return std::move(answer.body);
  if (answer.status != 404) return refused(answer);
  // Said in words only: whether it is the object that is missing, or its bucket.
  if (answer.body.find("bucket does not exist") != std::string::npos) return refused(answer);
  return not_found();
}

Result<Stored> Bucket::look(const std::string& name) const {
  TRY(const auto answer, call({.url = object_url(name, {})}));
  if (answer.status == 404) return not_found();
  if (answer.status != 200) return refused(answer);
  return stored(answer);
}

Result<std::vector<std::string>> Bucket::list(const std::string& prefix) const {
  std::vector<std::string> names;
  std::string page;
  for (int i = 0; i < kMostPages; ++i) {
    Query query{
        {"prefix", prefix                     },
        {"fields", "items(name),nextPageToken"}
    };
    if (!page.empty()) query.emplace_back("pageToken", page);
    TRY(const auto answer, call({.url = bucket_url() + "/o?" + query_text(query)}));
    if (answer.status != 200) return refused(answer);
    TRY(const json::object object, json_object(answer, quoted()));
    if (const auto* items = object.if_contains("items"); items != nullptr && items->is_array()) {
      for (const json::value& item : items->get_array()) {
        std::string name = item.is_object() ? text_of(item.get_object(), "name") : "";
        if (name.starts_with(prefix)) names.push_back(std::move(name));
      }
    }
    page = text_of(object, "nextPageToken");
    if (page.empty()) return names;
  }
  return Error{Errc::kUnavailable, quoted() + " lists names without an end", {}};
}

Status Bucket::remove(const std::string& name) const {
  TRY(const auto answer, call({.method = "DELETE", .url = object_url(name, {})}));
  if (answer.status == 404 || (answer.status >= 200 && answer.status < 300)) return Ok{};
  return refused(answer);
}

Status Bucket::check(const std::string& prefix) const {
  const Query query{
      {"prefix",     prefix},
      {"maxResults", "1"   }
  };
  TRY(const auto answer, call({.url = bucket_url() + "/o?" + query_text(query)}));
  if (answer.status != 200) return refused(answer);
  CHECK_OK(json_object(answer, quoted()));
  return account_ == nullptr ? Status(Ok{}) : check_permissions();
}

Status Bucket::check_permissions() const {
  Query query;
  for (const char* permission : kNeeded)
    query.emplace_back("permissions", permission);
  TRY(const auto answer, call({.url = bucket_url() + "/iam/testPermissions?" + query_text(query)}));
  if (answer.status != 200) return Ok{};  // Not everything that speaks the API can tell.
  TRY(const json::object object, json_object(answer, quoted()));
  std::set<std::string> granted;
  if (const auto* list = object.if_contains("permissions"); list != nullptr && list->is_array()) {
    for (const json::value& item : list->get_array())
      if (item.is_string()) granted.emplace(item.get_string());
  }
  for (const char* permission : kNeeded) {
    if (granted.contains(permission)) continue;
    TRY(const std::string email, account_->email());
    return Error{Errc::kUnavailable,
                 quoted() + " does not grant '" + permission + "' to the account '" + email + "'",
                 {}};
  }
  return Ok{};
}

}  // namespace engine::gcs
