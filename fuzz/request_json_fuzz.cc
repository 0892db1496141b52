#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/request_json.h"
#include "base/encoding.h"

namespace {

using engine::Errc;
using engine::is_utf8;

void hold(bool promise) {
  if (!promise) __builtin_trap();
}

// What the parser promises of a request that it lets through.
void check(const engine::SubmissionRequest& request) {
  hold(!request.files.empty());
  hold(!request.tests.empty());
  hold(is_utf8(request.language) && is_utf8(request.entry));
  for (const auto& file : request.files)
    hold(is_utf8(file.name));
  for (const auto& test : request.tests)
    hold(is_utf8(test.name) && is_utf8(test.input) && is_utf8(test.expected_output.value_or("")));
  for (const auto& arg : request.args)
    hold(is_utf8(arg));
}

template <typename T>
void check_refusal(const engine::Result<T>& refused) {
  hold(refused.error().code == Errc::kInvalid);
  hold(!refused.error().message.empty() && is_utf8(refused.error().message));
  hold(is_utf8(refused.error().field));
}

}  // namespace

// Whatever the bytes are, they are a well-formed request or are refused with a sentence.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto request = engine::api::parse_submission(body)) {
    check(*request);
  } else {
    check_refusal(request);
  }
  if (const auto request = engine::api::parse_url_request(body)) {
    hold(!request->url.empty() && is_utf8(request->url));
  } else {
    check_refusal(request);
  }
  return 0;
}
