#include "http/multipart.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/text.h"

namespace engine::http {
namespace {

constexpr std::size_t kHeaderLimit = 8 << 10;  // Of one part, in bytes.
constexpr std::size_t kBoundaryLimit = 70;     // RFC 2046 §5.1.1.
constexpr std::size_t kParameterLimit = 16;    // Of one header; each is compared with the others.
constexpr std::string_view kLineEnd = "\r\n";

Error invalid(std::string message) {
  return {Errc::kInvalid, "multipart: " + std::move(message)};
}

// --- "form-data; name=\"a\"; filename=\"b\"" ---

struct Parameter {
  std::string_view name;
  std::string value;
};

// Takes a quoted string off `text`, which begins behind the opening quote. Only \" and \\ are
// escapes: some browsers send a whole "C:\path\file" as it is.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escapes) ++i;
    value += text[i];
  }
  return std::nullopt;
}

// Takes `name=value` off `text`, which begins behind a ';'.
std::optional<Parameter> take_parameter(std::string_view& text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Parameter parameter{trim_blanks(text.substr(0, equals)), {}};
  if (!is_token(parameter.name)) return std::nullopt;
  text = trim_blanks(text.substr(equals + 1));
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    auto value = take_quoted(text);
    if (!value) return std::nullopt;
    parameter.value = *std::move(value);
    text = trim_blanks(text);
    return text.empty() || text.front() == ';' ? std::optional(std::move(parameter)) : std::nullopt;
  }
  const auto value = trim_blanks(text.substr(0, text.find(';')));
  text.remove_prefix(std::min(text.size(), text.find(';')));
  parameter.value = std::string(value);
  return parameter;
}

// A header's value: what stands before the first ';', and the parameters behind it.
struct Described {
  std::string_view kind;
  std::vector<Parameter> parameters;

  const std::string* find(std::string_view name) const {
    for (const Parameter& parameter : parameters) {
      if (same_name(parameter.name, name)) return &parameter.value;
    }
    return nullptr;
  }
};

std::optional<Described> describe(std::string_view text) {
  Described described{trim_blanks(text.substr(0, text.find(';'))), {}};
  text.remove_prefix(std::min(text.size(), text.find(';')));
  while (!text.empty()) {
    text = trim_blanks(text.substr(1));
    if (text.empty()) break;  // A last ';' with nothing behind it.
    auto parameter = take_parameter(text);
    if (!parameter || described.find(parameter->name)) return std::nullopt;
    if (described.parameters.size() == kParameterLimit) return std::nullopt;
    described.parameters.push_back(*std::move(parameter));
  }
  return described;
}

// --- The parts ---

Result<std::string> boundary_of(std::string_view content_type) {
  const auto described = describe(content_type);
  if (!described) return invalid("the Content-Type cannot be read");
  if (!same_name(described->kind, "multipart/form-data")) {
    return invalid("the Content-Type is not multipart/form-data");
  }
  const std::string* boundary = described->find("boundary");
  if (!boundary || boundary->empty()) return invalid("the Content-Type names no boundary");
  const bool is_printable =
      std::all_of(boundary->begin(), boundary->end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (boundary->size() > kBoundaryLimit || !is_printable || boundary->back() == ' ') {
    return invalid("the boundary is not 1 to 70 printable characters");
  }
  return *boundary;
}

// Where a line "--boundary" stands: its first byte, with the line end before it, and what follows.
struct Delimiter {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_last = false;
};

// What stands behind "--boundary" in its line decides whether it is a delimiter at all: a longer
// word that only begins like one is content.
std::optional<Delimiter> delimiter_at(std::string_view body, std::size_t begin, std::size_t end) {
  if (body.substr(end, 2) == "--") return Delimiter{begin, end + 2, true};
  const auto line_end = body.find_first_not_of(" \t", end);
  if (line_end == std::string_view::npos) return std::nullopt;
  if (body.substr(line_end, kLineEnd.size()) != kLineEnd) return std::nullopt;
  return Delimiter{begin, line_end + kLineEnd.size(), false};
}

class Delimiters {
 public:
  Delimiters(std::string_view body, const std::string& boundary)
      : body_(body), mark_("\r\n--" + boundary) {}

  // The first one, which may stand at the very beginning.
  std::optional<Delimiter> first() const {
    const std::string_view at_start = std::string_view(mark_).substr(kLineEnd.size());
    if (body_.starts_with(at_start)) {
      if (auto found = delimiter_at(body_, 0, at_start.size())) return found;
    }
    return next(0);
  }

  std::optional<Delimiter> next(std::size_t from) const {
    for (;;) {
      const auto begin = body_.find(mark_, from);
      if (begin == std::string_view::npos) return std::nullopt;
      if (auto found = delimiter_at(body_, begin, begin + mark_.size())) return found;
      from = begin + mark_.size();
    }
  }

 private:
  std::string_view body_;
  std::string mark_;
};

Status read_disposition(std::string_view value, FormPart& part) {
  const auto described = describe(value);
  if (!described) return invalid("a Content-Disposition cannot be read");
  if (!same_name(described->kind, "form-data")) return invalid("a part is not form-data");
  const std::string* name = described->find("name");
  if (!name) return invalid("a part has no name");
  part.name = *name;
  if (const std::string* file_name = described->find("filename")) {
    part.file_name = *file_name;
    part.is_file = true;
  }
  return Ok{};
}

bool is_plain_encoding(std::string_view value) {
  return same_name(value, "7bit") || same_name(value, "8bit") || same_name(value, "binary");
}

// `block` is the part's header lines, each with its line end.
Status read_headers(std::string_view block, FormPart& part) {
  bool has_disposition = false;
  while (!block.empty()) {
    const auto line = block.substr(0, block.find(kLineEnd));
    block.remove_prefix(line.size() + kLineEnd.size());
    const auto colon = line.find(':');
    const bool is_clean = line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos;
    if (colon == line.npos || !is_token(line.substr(0, colon)) || !is_clean) {
      return invalid("a part's header cannot be read");
    }
    const auto name = line.substr(0, colon);
    const auto value = trim_blanks(line.substr(colon + 1));
    if (same_name(name, "Content-Disposition")) {
      if (std::exchange(has_disposition, true)) return invalid("a part has two dispositions");
      CHECK_OK(read_disposition(value, part));
    }
    if (same_name(name, "Content-Transfer-Encoding") && !is_plain_encoding(value)) {
      return invalid("a part's Content-Transfer-Encoding is not supported; send it as it is");
    }
  }
  return has_disposition ? Status(Ok{}) : Status(invalid("a part has no Content-Disposition"));
}

// Reads the part whose header begins at `begin`; returns where its content begins.
Result<std::size_t> read_part_header(std::string_view body, std::size_t begin, FormPart& part) {
  const auto window = body.substr(begin, kHeaderLimit + 2 * kLineEnd.size());
  const auto end = window.starts_with(kLineEnd) ? 0 : window.find("\r\n\r\n");
  if (end == window.npos) {
    return window.size() > kHeaderLimit ? invalid("a part's header is too long")
                                        : invalid("a part's header has no end");
  }
  const std::size_t lines = end == 0 ? 0 : end + kLineEnd.size();
  CHECK_OK(read_headers(window.substr(0, lines), part));
  return begin + lines + kLineEnd.size();
}

}  // namespace

Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              std::size_t most_parts) {
  TRY(const std::string boundary, boundary_of(content_type));
  const Delimiters delimiters(body, boundary);
  auto delimiter = delimiters.first();
  if (!delimiter) return invalid("no line of the body is the boundary, ended by CR LF");
  std::vector<FormPart> parts;
  while (!delimiter->is_last) {
    if (parts.size() == most_parts) {
      return invalid("more than " + std::to_string(most_parts) + " parts");
    }
    FormPart part;
    TRY(const std::size_t begin, read_part_header(body, delimiter->end, part));
    // An empty content: its line end is the one that closes the header.
    delimiter = delimiters.next(begin - kLineEnd.size());
    if (!delimiter) return invalid("the last boundary is missing; the body was cut short");
    part.content = body.substr(begin, std::max(delimiter->begin, begin) - begin);
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace engine::http
