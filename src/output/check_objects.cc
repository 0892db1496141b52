#include "output/check_objects.h"

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

Status check_objects(const SubmissionId& id, int attempt, const std::vector<Object>& objects) {
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

Status check_range(Output::Range range) {
  if (range.offset >= 0 && range.length.value_or(0) >= 0) return Ok{};
  return Error{Errc::kInvalid, "a range begins at 0 or later and has no negative length", {}};
}

}  // namespace engine
