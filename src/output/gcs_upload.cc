#include "output/gcs_upload.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

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

// Where an upload stands.
struct Course {
  std::size_t offset = 0;
  bool is_question = false;  // The next request asks how far it has come, and sends nothing.
  int failures = 0;          // Since something was taken.
};

// Takes over how far the other side says it is. False when a piece was sent and nothing of it
// taken.
Result<bool> follow(const http::ClientAnswer& answer, std::size_t size, Course& course) {
  const auto next = next_offset(answer);
  if (!next || *next < course.offset || *next >= size) {
    return Error{Errc::kUnavailable, "an upload was answered with a range that cannot be", {}};
  }
  const bool has_moved = *next > course.offset;
  const bool was_question = std::exchange(course.is_question, false);
  if (has_moved) course.failures = 0;
  course.offset = *next;
  return has_moved || was_question;
}

}  // namespace

Result<http::ClientAnswer> send_pieces(const Peer& peer, const std::string& session_url,
                                       std::string_view bytes, std::size_t piece) {
  Course course;
  for (;;) {
    const std::string_view part = bytes.substr(course.offset, course.is_question ? 0 : piece);
    const std::string range = course.is_question
                                  ? "bytes */" + std::to_string(bytes.size())
                                  : content_range(course.offset, part.size(), bytes.size());
    auto answer = peer.send_once(
        {.method = "PUT", .url = session_url, .headers = {{"Content-Range", range}}, .body = part});
    bool is_failure = answer ? may_pass(answer->status) : answer.error().code == Errc::kUnavailable;
    if (!is_failure && (!answer || answer->status != 308)) return answer;
    if (is_failure) {
      course.is_question = true;
    } else {
      TRY(const bool has_moved, follow(*answer, bytes.size(), course));
      is_failure = !has_moved;
    }
    if (!is_failure) continue;
    if (++course.failures >= peer.attempts()) {
      if (!answer) return answer;
      return refusal(*answer, "the upload's service");
    }
    peer.pause(course.failures);
  }
}

}  // namespace engine::gcs
