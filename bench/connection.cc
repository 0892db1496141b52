#include "connection.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::string_view kHost = " HTTP/1.1\r\nHost: 127.0.0.1\r\n";

// The value of a header, whatever its case; npos when it is absent.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    if (head.size() - line < kName.size()) break;
    if (::strncasecmp(head.data() + line, kName.data(), kName.size()) == 0) {
      return std::strtoul(head.data() + line + kName.size(), nullptr, 10);
    }
  }
  return std::string_view::npos;
}

}  // namespace

void fail(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

std::string post(std::string_view path, std::string_view json) {
  std::string request = "POST ";
  request.append(path).append(kHost).append("Content-Type: application/json\r\nContent-Length: ");
  return request.append(std::to_string(json.size())).append("\r\n\r\n").append(json);
}

std::string get(std::string_view path) {
  std::string request = "GET ";
  return request.append(path).append(kHost).append("\r\n");
}

int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  // Without it the kernel holds small requests back, and that would be the server's figure.
  if (socket < 0 || ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fail("cannot connect to port " + std::to_string(port) + ": " + std::strerror(errno));
  }
  return socket;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail(std::string("cannot send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t whole_answer(std::string_view received, Answer& answer) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = received.substr(0, end + 2);
  if (!head.starts_with("HTTP/1.1 ")) fail("no HTTP answer");
  const std::size_t length = content_length(head);
  if (length == std::string_view::npos) fail("an answer without Content-Length");
  if (received.size() < end + 4 + length) return 0;
  answer.status = std::atoi(received.data() + sizeof("HTTP/1.1 ") - 1);
  answer.body = received.substr(end + 4, length);
  return end + 4 + length;
}

Answer exchange(int socket, std::string_view request) {
  send_all(socket, request);
  std::string received;
  Answer answer;
  char piece[16 * 1024];
  while (whole_answer(received, answer) == 0) {
    const ssize_t got = ::recv(socket, piece, sizeof(piece), 0);
    if (got <= 0) fail("the server closed the connection");
    received.append(piece, static_cast<std::size_t>(got));
  }
  return answer;
}

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '\n') {
      json += "\\n";
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  return json + '"';
}

std::string numbered(const std::string& text) {
  static const auto first = std::chrono::steady_clock::now().time_since_epoch().count();
  static int calls = 0;
  const std::string number = std::to_string(first) + "_" + std::to_string(++calls);
  std::string result;
  for (const char c : text) {
    if (c == '@') {
      result += number;
    } else {
      result += c;
    }
  }
  return result;
}

bool accepted(const bench::Answer& answer, const std::string& output) {
  return answer.status == 200 &&
         answer.body.find("\"verdict\":\"accepted\"") != std::string::npos &&
         answer.body.find("\"stdout\":" + quoted(output)) != std::string::npos;
}

}  // namespace bench
