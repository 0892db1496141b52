#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "base/result.h"
#include "base/units.h"

namespace engine::api {

// Parses a request's body. Beyond the grammar it refuses (kInvalid) a byte order mark, duplicate
// members, nesting deeper than 32, and more values than any request needs, so that a body cannot
// grow into many times its size.
Result<boost::json::value> parse_strict(std::string_view body);

// Reads the members of one JSON object, naming what is wrong by its path ("tests[2].stdin").
// Every read leaves `out` alone where the member is absent. All errors are kInvalid.
class Members {
 public:
  // `value` outlives this. An empty `path` is the body itself.
  static Result<Members> of(const boost::json::value& value, std::string path);

  bool has(std::string_view name) const;
  // The member, now counted as known; nullptr: absent.
  const boost::json::value* find(std::string_view name);
  std::string path_of(std::string_view name) const;

  Status require(std::string_view name) const;
  Status read(std::string_view name, std::string& out);
  Status read(std::string_view name, std::optional<std::string>& out);
  Status read(std::string_view name, bool& out);
  Status read(std::string_view name, std::int64_t& out);
  Status read(std::string_view name, std::vector<std::string>& out);
  Status read(std::string_view name, std::optional<int>& out);
  Status read(std::string_view name, std::optional<Bytes>& out);
  Status read(std::string_view name, std::optional<Milliseconds>& out);

  // Refuses every member that nobody looked for, by name.
  Status refuse_others() const;

 private:
  Members(const boost::json::object& object, std::string path);
  Result<std::optional<std::int64_t>> whole_number(std::string_view name);

  const boost::json::object& object_;
  std::string path_;
  std::vector<std::string_view> known_;
};

// kInvalid: the value is no string, no array.
Result<std::string> string_at(const boost::json::value& value, const std::string& path);
Result<const boost::json::array*> array_at(const boost::json::value& value,
                                           const std::string& path);

// kInvalid, of that field.
Error invalid(std::string message, std::string field);

// "tests", 2 -> "tests[2]".
std::string element_path(std::string_view path, std::size_t index);

}  // namespace engine::api
