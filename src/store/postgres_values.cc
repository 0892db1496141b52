#include "store/postgres_values.h"

#include <libpq-fe.h>

#include "base/encoding.h"
#include "store/new_row.h"

namespace engine::postgres {
namespace {

constexpr std::int64_t kEpoch = 946'684'800'000'000;  // 2000-01-01, from where times are counted.
constexpr char kJsonVersion = 1;                      // The first byte of a binary jsonb.

template <typename T>
std::string big_endian(T number) {
  std::string bytes(sizeof(T), '\0');
  auto rest = static_cast<std::make_unsigned_t<T>>(number);
  for (std::size_t i = sizeof(T); i-- > 0; rest >>= 8)
    bytes[i] = static_cast<char>(rest & 0xff);
  return bytes;
}

std::int64_t microseconds(WallTime time) {
  return to_number(time) - kEpoch;
}

std::string length_of(std::size_t size) {
  return big_endian(static_cast<std::int32_t>(size));
}

}  // namespace

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

void Array::add(std::string_view bytes) {
  ++count_;
  const bool versioned = type_ == Of::kJson;
  elements_ += length_of(bytes.size() + (versioned ? 1 : 0));
  if (versioned) elements_ += kJsonVersion;
  elements_ += bytes;
}

void Array::add(std::int64_t number) {
  add(std::string_view(big_endian(number)));
}

void Array::add(int number) {
  add(std::string_view(big_endian(std::int32_t{number})));
}

void Array::add(WallTime time) {
  add(microseconds(time));
}

void Array::add_null() {
  ++count_;
  has_nulls_ = true;
  elements_ += big_endian(std::int32_t{-1});
}

std::string Array::encoded() const {
  std::string bytes = big_endian(std::int32_t{count_ == 0 ? 0 : 1}) +  // Dimensions.
                      big_endian(std::int32_t{has_nulls_ ? 1 : 0}) +
                      big_endian(static_cast<std::uint32_t>(type_));
  if (count_ == 0) return bytes;
  bytes += big_endian(count_) + big_endian(std::int32_t{1});  // The lowest index.
  return bytes + elements_;
}

std::string Parameters::encode(std::int64_t number) {
  return big_endian(number);
}

std::string Parameters::encode(int number) {
  return big_endian(std::int32_t{number});
}

std::string Parameters::encode(WallTime time) {
  return big_endian(microseconds(time));
}

Rows::Rows(pg_result* raw) : raw_(raw) {}

void Rows::Free::operator()(pg_result* raw) const {
  PQclear(raw);
}

int Rows::count() const {
  return PQntuples(raw_.get());
}

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(raw_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(raw_.get(), row, column))};
}

std::string_view Rows::json(int row, int column) const {
  return bytes(row, column).substr(1);
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string_view number = bytes(row, column);
  const bool negative = !number.empty() && (number[0] & 0x80) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const char byte : number)
    value = (value << 8) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

WallTime Rows::time(int row, int column) const {
  return to_time(integer(row, column) + kEpoch);
}

std::optional<WallTime> Rows::time_if_any(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return time(row, column);
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(raw_.get(), row, column) != 0;
}

}  // namespace engine::postgres
