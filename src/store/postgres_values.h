#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

struct pg_result;

// Values in PostgreSQL's binary format, on their way in and out.
namespace engine::postgres {

// True: PostgreSQL can keep it as text.
bool is_text(std::string_view bytes);

// The elements of one array parameter. What is added must fit the type.
class Array {
 public:
  enum class Of : std::uint32_t {  // PostgreSQL's numbers.
    kBytea = 17,
    kBigint = 20,
    kInteger = 23,
    kText = 25,
    kTime = 1184,
    kJson = 3802,
  };
  explicit Array(Of type) : type_(type) {}

  void add(std::string_view bytes);
  void add(std::int64_t number);
  void add(int number);
  void add(WallTime time);
  template <typename T>
  void add(const std::optional<T>& value) {
    value ? add(*value) : add_null();
  }

  std::string encoded() const;

 private:
  void add_null();

  const Of type_;
  std::int32_t count_ = 0;
  bool has_nulls_ = false;
  std::string elements_;
};

// What $1, $2, ... of a statement stand for. A std::int64_t is a bigint there, an int an integer,
// a WallTime a timestamptz, a string text or bytea.
class Parameters {
 public:
  Parameters() = default;
  template <typename... T>
  explicit Parameters(const T&... values) {
    (values_.push_back(encode(values)), ...);
  }
  const std::vector<std::string>& values() const { return values_; }

 private:
  static std::string encode(const std::string& bytes) { return bytes; }
  static std::string encode(std::int64_t number);
  static std::string encode(int number);
  static std::string encode(WallTime time);
  static std::string encode(const Array& array) { return array.encoded(); }

  std::vector<std::string> values_;
};

// The answer to one statement.
class Rows {
 public:
  explicit Rows(pg_result* raw);

  int count() const;
  std::string_view bytes(int row, int column) const;  // Valid while the rows live.
  std::string text(int row, int column) const { return std::string(bytes(row, column)); }
  std::string_view json(int row, int column) const;
  std::int64_t integer(int row, int column) const;  // Of any width.
  int small(int row, int column) const { return static_cast<int>(integer(row, column)); }
  bool boolean(int row, int column) const { return integer(row, column) != 0; }
  WallTime time(int row, int column) const;
  std::optional<WallTime> time_if_any(int row, int column) const;
  bool is_null(int row, int column) const;

  pg_result* raw() const { return raw_.get(); }

 private:
  struct Free {
    void operator()(pg_result* raw) const;
  };
  std::unique_ptr<pg_result, Free> raw_;
};

}  // namespace engine::postgres
