#include "http/server_state.h"

#include <chrono>
#include <utility>

#include "http/response_head.h"

namespace engine::http {

ServerState::ServerState(const boost::asio::any_io_executor& executor, ServerOptions server_options,
                         Handler request_handler)
    : options(std::move(server_options)), handler(std::move(request_handler)), sweep(executor) {}

Response ServerState::refusal(int status, std::string_view message) const {
  if (options.refusal) return options.refusal(status, message);
  return {.status = status, .content_type = "text/plain", .body = std::string(message) + "\n"};
}

std::string_view ServerState::date() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

}  // namespace engine::http
