#include "api/upload_form.h"

#include <utility>

#include "base/hash.h"
#include "domain/names.h"
#include "http/multipart.h"

namespace engine::api {
namespace {

constexpr std::size_t kMostParts = 16;
constexpr std::string_view kSourceField = "sourceCode";

Error bad_field(std::string_view field, const std::string& says) {
  return {Errc::kInvalid, std::string(field) + " " + says, std::string(field)};
}

// The parts that count, each at most once.
struct Fields {
  const http::FormPart* source = nullptr;
  const http::FormPart* language = nullptr;
  const http::FormPart* input = nullptr;
};

Result<Fields> find_fields(const std::vector<http::FormPart>& parts) {
  Fields fields;
  for (const http::FormPart& part : parts) {
    const http::FormPart** place = part.name == kSourceField ? &fields.source
                                   : part.name == "language" ? &fields.language
                                   : part.name == "stdin"    ? &fields.input
                                                             : nullptr;
    if (place == nullptr) {
      if (!part.is_file) continue;
      return bad_field(quote(part.name), "is no file that belongs here; send it as sourceCode");
    }
    if (*place != nullptr) return bad_field(part.name, "stands twice");
    *place = &part;
  }
  return fields;
}

Status check_source(const http::FormPart* source) {
  if (source == nullptr) return bad_field(kSourceField, "is missing");
  if (!source->is_file) return bad_field(kSourceField, "must be a file, not a text field");
  const std::string& name = source->file_name;
  if (const auto checked = check_file_name(name); !checked) {
    return bad_field(kSourceField, "has a bad file name: " + checked.error().message);
  }
  if (name.find('/') != std::string::npos) {
    return bad_field(kSourceField, "has a directory in its file name " + quote(name));
  }
  return Ok{};
}

std::string extension_of(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  return dot == std::string_view::npos ? std::string() : std::string(file_name.substr(dot));
}

}  // namespace

Result<Upload> read_upload_form(const http::Request& request, const Languages& languages) {
  const std::string* content_type = request.header("Content-Type");
  const std::string_view type = content_type == nullptr ? std::string_view() : *content_type;
  TRY(const auto parts, http::parse_multipart(type, request.body, kMostParts));
  TRY(const Fields fields, find_fields(parts));
  CHECK_OK(check_source(fields.source));
  if (fields.language != nullptr && fields.language->is_file) {
    return bad_field("language", "must be a text field");
  }
  Upload upload{.file_name = fields.source->file_name};
  std::string language;
  if (fields.language != nullptr) language = fields.language->content;
  TRY(upload.request, lone_source(upload.file_name, std::string(fields.source->content),
                                  std::move(language), kSourceField, languages));
  if (fields.input != nullptr) upload.request.tests[0].input = fields.input->content;
  return upload;
}

Result<SubmissionRequest> lone_source(std::string_view file_name, std::string content,
                                      std::string language, std::string_view field,
                                      const Languages& languages) {
  if (content.empty()) return bad_field(field, "is empty");
  if (language.empty()) {
    const auto* entry = languages.find_by_extension(file_name);
    if (entry == nullptr) {
      const std::string extension = extension_of(file_name);
      if (extension.empty()) return bad_field(field, "has a file name without an extension");
      return bad_field(field, "has the unknown extension " + quote(extension));
    }
    language = entry->language.id;
  }
  SubmissionRequest request;
  request.language = std::move(language);
  request.files.push_back({"", std::move(content)});
  request.tests.emplace_back();
  return request;
}

std::string upload_fingerprint(const Upload& upload) {
  return sha256(upload.file_name) + sha256(upload.request.language) +
         sha256(upload.request.files[0].content) + sha256(upload.request.tests[0].input);
}

Error told_of(Error error, std::string_view field) {
  constexpr std::string_view kSource = "source";
  if (error.field != kSource) return error;
  if (error.message.starts_with(kSource)) error.message.replace(0, kSource.size(), field);
  error.field = field;
  return error;
}

}  // namespace engine::api
