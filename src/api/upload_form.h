#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"
#include "http/http.h"
#include "language/language.h"

namespace engine::api {

// One source file with what may come beside it, as the upload API takes it.
struct Upload {
  std::string file_name;  // As the answer repeats it.
  SubmissionRequest request;
};

// Reads a multipart/form-data upload: the file "sourceCode", and optionally "language" and "stdin".
// Other text fields are passed over, as the clients of this API expect. kInvalid names the field.
Result<Upload> read_upload_form(const http::Request& request, const Languages& languages);

// Makes `content` the lone source of a request. Its language is `language`, or follows from the
// file's extension; the file itself gets the language's own name, so that no name can disturb a
// compiler. kInvalid: the extension belongs to no language; `field` is where the file came from.
Result<SubmissionRequest> lone_source(std::string_view file_name, std::string content,
                                      std::string language, std::string_view field,
                                      const Languages& languages);

// What tells two uploads with one idempotency key apart: not the body, whose boundary is new with
// every try.
std::string upload_fingerprint(const Upload& upload);

// An error about "source", which is the full API's word, told of the upload's own `field`.
Error told_of(Error error, std::string_view field);

}  // namespace engine::api
