#include "output/names.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace engine {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_dash ? c != '-' : !is_hex) return false;
  }
  return true;
}

Status check_put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) {
  if (!is_uuid(id.text) || attempt < 1) {
    return Error{Errc::kInvalid, "outputs belong to a UUID and an attempt from 1 on", {}};
  }
  std::set<std::string_view> names;
  for (const Object& object : objects) {
    if (object.name.empty() || !names.insert(object.name).second) {
      return Error{Errc::kInvalid, "an output's name is empty or there twice", {}};
    }
  }
  return Ok{};
}

std::optional<int> attempt_in(std::string_view name) {
  int attempt = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), attempt);
  const auto rest = name.substr(static_cast<std::size_t>(end - name.data()));
  if (fault != std::errc() || !(rest.starts_with('/') || rest.starts_with('.')))
    return std::nullopt;
  return attempt;
}

std::string download_name(std::string_view path) {
  std::string name(path);
  const auto unsafe = [](char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '.' || c == '_' || c == '-');
  };
  std::ranges::replace_if(name, unsafe, '-');
  return name;
}

std::string_view content_type_of(std::string_view path) {
  return path.ends_with(".txt") ? "text/plain; charset=utf-8" : "application/octet-stream";
}

}  // namespace engine
