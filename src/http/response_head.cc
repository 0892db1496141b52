#include "http/response_head.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <tuple>

#include <boost/beast/http/status.hpp>

#include "http/text.h"

namespace engine::http {
namespace {

bool is_value(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool is_ours_alone(std::string_view name) {
  return same_name(name, "Content-Length") || same_name(name, "Transfer-Encoding") ||
         same_name(name, "Connection");
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

void add_status_line(std::string& head, int status) {
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  head.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  head.append(reason.data(), reason.size()).append("\r\n");
}

void add_framing(std::string& head, const Response& response, const HeadOptions& options) {
  if (options.framing == Framing::kChunked) add(head, "Transfer-Encoding", "chunked");
  if (options.framing == Framing::kLength && !is_bodiless(response.status)) {
    add(head, "Content-Length", std::to_string(response.body.size()));
  }
  if (!options.keep_alive) add(head, "Connection", "close");
  if (options.keep_alive && options.http_1_0) add(head, "Connection", "keep-alive");
}

}  // namespace

bool is_bodiless(int status) {
  return status < 200 || status == 204 || status == 304;
}

Result<std::string> response_head(const Response& response, const HeadOptions& options) {
  std::string head;
  head.reserve(512);
  add_status_line(head, response.status);
  if (!options.date.empty()) add(head, "Date", options.date);
  if (!response.content_type.empty() && !is_bodiless(response.status)) {
    if (!is_value(response.content_type)) {
      return Error{Errc::kInternal, "a content type with a line break"};
    }
    add(head, "Content-Type", response.content_type);
  }
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !is_value(value) || is_ours_alone(name)) {
      return Error{Errc::kInternal, "a response header that is not allowed: " + name};
    }
    add(head, name, value);
  }
  add_framing(head, response, options);
  head.append("\r\n");
  return head;
}

std::string http_date(std::int64_t unix_seconds) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text;
  std::ignore = std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace engine::http
