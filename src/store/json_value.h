#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/json_writer.h"
#include "base/result.h"

// What the codecs of this module share. Taking values apart throws std::exception where they are
// not as expected; parse() is the one place that catches it.
namespace engine::json {

using Value = boost::json::value;

inline constexpr int kVersion = 1;

// Memory for one value: few allocations, given back together.
class Arena {
 public:
  Arena() : resource_(buffer_, sizeof(buffer_)) {}
  boost::json::storage_ptr storage() { return &resource_; }

 private:
  unsigned char buffer_[8 * 1024];
  boost::json::monotonic_resource resource_;
};

void put_bytes(JsonWriter& json, std::string_view bytes);
std::string to_bytes(const Value& value);
std::string to_text(const Value& value);  // A plain word of ours.

// An array of what `put` makes of each.
template <typename T, typename Put>
void put_each(JsonWriter& json, const std::vector<T>& items, Put put) {
  json.begin_array();
  for (const T& item : items)
    put(json, item);
  json.end_array();
}

template <typename Take>
auto to_each(const Value& value, Take take) {
  std::vector<decltype(take(value))> items;
  items.reserve(value.as_array().size());
  for (const Value& item : value.as_array())
    items.push_back(take(item));
  return items;
}

// Parses `text` and calls `take` with the value. kInternal: either of them threw; `what` names the
// thing in the message.
template <typename Take>
auto parse(std::string_view text, const char* what, Take take)
    -> Result<decltype(take(std::declval<const Value&>()))> {
  try {
    Arena arena;
    return take(boost::json::parse(text, arena.storage()));
  } catch (const std::exception& fault) {
    return Error{Errc::kInternal, std::string(what) + " is damaged: " + fault.what(), {}};
  }
}

}  // namespace engine::json
