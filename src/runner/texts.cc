#include "runner/texts.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace engine {
namespace {

Bytes size_of(std::string_view bytes) {
  return {static_cast<std::int64_t>(bytes.size())};
}

std::size_t head_bytes(std::size_t tests) {
  const auto fair = static_cast<std::size_t>(Texts::kMostInlineBytes.count) / (2 * tests);
  return std::min(fair, static_cast<std::size_t>(kInlineBytes.count));
}

// A text whose rest was lost may end inside a character; the answer leaves that piece out.
std::string_view without_cut_character(std::string_view text) {
  constexpr std::size_t kMostCut = 3;
  for (std::size_t cut = 0; cut <= std::min(kMostCut, text.size()); ++cut) {
    if (is_utf8(text.substr(0, text.size() - cut))) return text.substr(0, text.size() - cut);
  }
  return text;
}

}  // namespace

Texts::Texts(std::size_t tests) : head_bytes_(head_bytes(std::max<std::size_t>(tests, 1))) {}

Text Texts::stream(std::string name, std::string bytes, bool truncated) {
  std::string_view head = utf8_prefix(bytes, head_bytes_);
  if (truncated && head.size() == bytes.size()) head = without_cut_character(head);
  Text text{.head = std::string(head), .size = size_of(bytes), .truncated = truncated};
  if (bytes.empty()) return text;
  if (keep(name, std::move(bytes))) {
    text.object = std::move(name);
  } else {
    text.truncated = text.truncated || text.size > size_of(text.head);
    text.size = size_of(text.head);
  }
  return text;
}

OutputFile Texts::file(std::size_t run, std::size_t file, sandbox::TakenFile taken) {
  OutputFile out{.name = taken.file.name, .problem = std::move(taken.problem)};
  if (!out.problem.empty()) return out;
  out.size = size_of(taken.file.content);
  std::string name = "runs/" + std::to_string(run) + "/files/" + std::to_string(file);
  if (keep(name, std::move(taken.file.content))) {
    out.object = std::move(name);
  } else {
    out.problem = "above the limit";
  }
  return out;
}

void Texts::log(std::string_view bytes) {
  const auto left = static_cast<std::size_t>(kMostLogBytes.count) - log_.size();
  log_ += bytes.substr(0, left);
}

std::vector<Object> Texts::take() {
  objects_.push_back({kLogObject, std::move(log_)});
  return std::move(objects_);
}

bool Texts::keep(std::string name, std::string bytes) {
  if (size_of(bytes) > left()) return false;
  used_ = used_ + size_of(bytes);
  objects_.push_back({std::move(name), std::move(bytes)});
  return true;
}

}  // namespace engine
