#include "output/gcs_upload.h"

#include <charconv>
#include <optional>

namespace engine::gcs {
namespace {

// Where the next piece begins, as a 308 says: "bytes=0-<last>", or nothing has come yet.
std::optional<std::size_t> next_offset(const http::ClientAnswer& answer) {
  const std::string* range = http::find_header(answer.headers, "Range");
  if (range == nullptr) return 0;
  constexpr std::string_view kBegin = "bytes=0-";
  if (!range->starts_with(kBegin)) return std::nullopt;
  std::size_t last = 0;
  const char* const end = range->data() + range->size();
  const auto [rest, fault] = std::from_chars(range->data() + kBegin.size(), end, last);
  if (fault != std::errc{} || rest != end) return std::nullopt;
  return last + 1;
}

std::string content_range(std::size_t offset, std::size_t size, std::size_t total) {
  return "bytes " + std::to_string(offset) + "-" + std::to_string(offset + size - 1) + "/" +
         std::to_string(total);
}

}  // namespace

Result<http::ClientAnswer> send_pieces(const Peer& peer, const std::string& session_url,
                                       std::string_view bytes, std::size_t piece) {
  std::size_t offset = 0;
  bool is_question = false;  // How far have you come?
  for (int failures = 0;;) {
    const std::string_view part = bytes.substr(offset, is_question ? 0 : piece);
    const std::string range = is_question ? "bytes */" + std::to_string(bytes.size())
                                          : content_range(offset, part.size(), bytes.size());
    auto answer = peer.send_once(
        {.method = "PUT", .url = session_url, .headers = {{"Content-Range", range}}, .body = part});
    bool is_failure = answer ? may_pass(answer->status) : answer.error().code == Errc::kUnavailable;
    if (!is_failure && (!answer || answer->status != 308)) return answer;
    if (!is_failure) {
      const auto next = next_offset(*answer);
      if (!next || *next < offset || *next >= bytes.size()) {
        return Error{Errc::kUnavailable, "an upload was answered with a range that cannot be", {}};
      }
      is_failure = *next == offset && !is_question;  // A piece was sent and nothing of it taken.
      if (*next > offset) failures = 0;
      offset = *next;
      is_question = false;
    } else {
      is_question = true;
    }
    if (!is_failure) continue;
    if (++failures >= peer.attempts()) {
      if (!answer) return answer;
      return refusal(*answer, "the upload's service");
    }
    peer.pause(failures);
  }
}

}  // namespace engine::gcs
