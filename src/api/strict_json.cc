#include "api/strict_json.h"

#include <algorithm>
#include <limits>

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_stack.hpp>

#include "base/encoding.h"

namespace engine::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostMembers = 64;      // Of one object.
constexpr std::size_t kMostValues = 100'000;  // Of the whole body.

// Builds the document as the parser reads it, and refuses what json::parse() would let pass.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the parser asks for them by these names.
  static constexpr std::size_t max_array_size = kMostValues;
  static constexpr std::size_t max_object_size = kMostMembers;
  static constexpr std::size_t max_string_size = std::numeric_limits<std::int32_t>::max();
  static constexpr std::size_t max_key_size = 256;
  // NOLINTEND(readability-identifier-naming)

  Builder() { stack_.reset(); }

  json::value release() { return stack_.release(); }
  const std::string& problem() const { return problem_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open_objects_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t n, json::error_code& ec) {
    open_objects_.pop_back();
    stack_.push_object(n);
    return count_value(ec);
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t n, json::error_code& ec) {
    stack_.push_array(n);
    return count_value(ec);
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_ += part;
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, json::error_code& ec) {
    key_ += rest;
    stack_.push_key(rest);
    auto& keys = open_objects_.back();
    const bool twice = std::find(keys.begin(), keys.end(), key_) != keys.end();
    if (twice) return refuse("the member '" + key_ + "' stands twice in one object", ec);
    keys.push_back(std::move(key_));
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view rest, std::size_t, json::error_code& ec) {
    stack_.push_string(rest);
    return count_value(ec);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code& ec) {
    stack_.push_int64(number);
    return count_value(ec);
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code& ec) {
    stack_.push_uint64(number);
    return count_value(ec);
  }
  bool on_double(double number, json::string_view, json::error_code& ec) {
    stack_.push_double(number);
    return count_value(ec);
  }
  bool on_bool(bool truth, json::error_code& ec) {
    stack_.push_bool(truth);
    return count_value(ec);
  }
  bool on_null(json::error_code& ec) {
    stack_.push_null();
    return count_value(ec);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  bool refuse(std::string why, json::error_code& ec) {
    problem_ = std::move(why);
    ec = json::error::syntax;
    return false;
  }
  bool count_value(json::error_code& ec) {
    if (++values_ <= kMostValues) return true;
    return refuse("the body holds more than " + std::to_string(kMostValues) + " values", ec);
  }

  json::value_stack stack_;
  std::vector<std::vector<std::string>> open_objects_;  // The keys so far of each.
  std::string key_;
  std::size_t values_ = 0;
  std::string problem_;
};

bool has_byte_order_mark(std::string_view body) {
  return body.starts_with("\xef\xbb\xbf") || body.starts_with("\xff\xfe") ||
         body.starts_with("\xfe\xff");
}

Error parse_error(std::string_view body, const std::string& problem, const json::error_code& ec,
                  std::size_t offset) {
  if (body.empty()) return invalid("the body is empty; it must be JSON", {});
  if (!is_utf8(body)) return invalid("the body is not valid UTF-8", {});
  const std::string why = problem.empty() ? ec.message() : problem;
  return invalid("the body is no valid JSON: " + why + ", near byte " + std::to_string(offset), {});
}

}  // namespace

Result<json::value> parse_strict(std::string_view body) {
  if (has_byte_order_mark(body)) {
    return invalid("the body must be JSON in UTF-8 without a byte order mark", {});
  }
  json::parse_options options;
  options.max_depth = kMostDepth;
  json::basic_parser<Builder> parser(options);
  json::error_code ec;
  const std::size_t read = parser.write_some(false, body.data(), body.size(), ec);
  if (!ec && read < body.size()) ec = json::error::extra_data;
  if (ec) return parse_error(body, parser.handler().problem(), ec, read);
  return parser.handler().release();
}

Result<Members> Members::of(const json::value& value, std::string path) {
  if (!value.is_object()) {
    const std::string name = path.empty() ? "the body" : path;
    return invalid(name + " must be an object", path);
  }
  return Members(value.get_object(), std::move(path));
}

Members::Members(const json::object& object, std::string path)
    : object_(object), path_(std::move(path)) {}

bool Members::has(std::string_view name) const {
  return object_.contains(name);
}

const json::value* Members::find(std::string_view name) {
  known_.push_back(name);
  return object_.if_contains(name);
}

std::string Members::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

Status Members::require(std::string_view name) const {
  if (has(name)) return Ok{};
  return invalid(path_of(name) + " is missing", path_of(name));
}

Status Members::read(std::string_view name, std::string& out) {
  const json::value* value = find(name);
  if (value == nullptr) return Ok{};
  TRY(out, string_at(*value, path_of(name)));
  return Ok{};
}

Status Members::read(std::string_view name, std::optional<std::string>& out) {
  const json::value* value = find(name);
  if (value == nullptr) return Ok{};
  TRY(out, string_at(*value, path_of(name)));
  return Ok{};
}

Status Members::read(std::string_view name, std::vector<std::string>& out) {
  const json::value* value = find(name);
  if (value == nullptr) return Ok{};
  TRY(const json::array* array, array_at(*value, path_of(name)));
  for (std::size_t i = 0; i < array->size(); ++i) {
    TRY(std::string text, string_at((*array)[i], element_path(path_of(name), i)));
    out.push_back(std::move(text));
  }
  return Ok{};
}

Result<std::optional<std::int64_t>> Members::whole_number(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return std::optional<std::int64_t>{};
  const std::string path = path_of(name);
  if (value->is_int64()) return std::optional<std::int64_t>{value->get_int64()};
  if (value->is_uint64()) return invalid(path + " is too large a number", path);
  return invalid(path + " must be a whole number", path);
}

Status Members::read(std::string_view name, bool& out) {
  const json::value* value = find(name);
  if (value == nullptr) return Ok{};
  if (!value->is_bool()) return invalid(path_of(name) + " must be true or false", path_of(name));
  out = value->get_bool();
  return Ok{};
}

Status Members::read(std::string_view name, std::int64_t& out) {
  TRY(const auto number, whole_number(name));
  if (number) out = *number;
  return Ok{};
}

Status Members::read(std::string_view name, std::optional<int>& out) {
  TRY(const auto number, whole_number(name));
  if (!number) return Ok{};
  if (*number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max()) {
    return invalid(path_of(name) + " is out of range", path_of(name));
  }
  out = static_cast<int>(*number);
  return Ok{};
}

Status Members::read(std::string_view name, std::optional<Bytes>& out) {
  TRY(const auto number, whole_number(name));
  if (number) out = Bytes{*number};
  return Ok{};
}

Status Members::read(std::string_view name, std::optional<Milliseconds>& out) {
  TRY(const auto number, whole_number(name));
  if (number) out = Milliseconds{*number};
  return Ok{};
}

Status Members::refuse_others() const {
  for (const auto& member : object_) {
    const std::string_view name(member.key());
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
      return invalid("unknown member '" + path_of(name) + "'", path_of(name));
    }
  }
  return Ok{};
}

Result<std::string> string_at(const json::value& value, const std::string& path) {
  if (!value.is_string()) return invalid(path + " must be a string", path);
  const json::string& text = value.get_string();
  return std::string(text.data(), text.size());
}

Result<const json::array*> array_at(const json::value& value, const std::string& path) {
  if (!value.is_array()) return invalid(path + " must be an array", path);
  return &value.get_array();
}

Error invalid(std::string message, std::string field) {
  return {Errc::kInvalid, std::move(message), std::move(field)};
}

std::string element_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

}  // namespace engine::api
