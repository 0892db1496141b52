#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/outcome.h"
#include "domain/submission.h"
#include "domain/worker.h"

// How values are kept in a database: JSON text of one version, which every later version of the
// program still reads. A string that is no UTF-8 or holds a NUL becomes {"base64": "..."}, so the
// text is good for every database.
namespace engine {

std::string encode(const Submission& submission);
std::string encode(const Outcome& outcome);
std::string encode(const std::vector<std::string>& words);
std::string encode(const std::vector<LanguageNotice>& languages);

// kInternal: the text is damaged, or of a version that is not known here.
Result<Submission> decode_submission(std::string_view text);
Result<Outcome> decode_outcome(std::string_view text);
Result<std::vector<std::string>> decode_words(std::string_view text);
Result<std::vector<LanguageNotice>> decode_languages(std::string_view text);

// What an outcome's objects take up in Output.
Bytes output_bytes(const Outcome& outcome);

}  // namespace engine
