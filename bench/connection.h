#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// The least of an HTTP/1.1 client that measuring needs: kept connections to 127.0.0.1, requests
// made ready before the clock starts, answers with a Content-Length. Ends the program on any fault,
// as no figure is better than a wrong one.
namespace bench {

struct Answer {
  int status = 0;
  std::string body;
};

[[noreturn]] void fail(const std::string& why);

std::string quoted(const std::string& text);  // As a JSON string.

// With a number for each @ that no other call, of this program or another, has had.
std::string numbered(const std::string& text);

std::string post(std::string_view path, std::string_view json);
std::string get(std::string_view path);

int connect_to(int port);

void send_all(int socket, std::string_view bytes);

// The bytes of the first whole answer in `received`, 0 when it is not whole yet.
std::size_t whole_answer(std::string_view received, Answer& answer);

// Sends a request and waits for the answer.
Answer exchange(int socket, std::string_view request);

// It is of a submission that was accepted and wrote `output`.
bool accepted(const Answer& answer, const std::string& output);

}  // namespace bench
