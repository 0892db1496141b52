#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace {

using engine::http::RequestParser;
using namespace engine::literals;

struct Reading {
  std::optional<int> fault;
  bool is_done = false;
  std::size_t used = 0;
  std::string body;
  std::string path;
};

// Reads one request from pieces of `step` bytes, as a connection does.
Reading read(std::string_view bytes, std::size_t step) {
  RequestParser parser(512_B, 256_B);
  Reading reading;
  std::string waiting;
  while (!bytes.empty() && !parser.is_done() && !parser.fault()) {
    waiting += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (const std::size_t used = parser.feed(waiting)) {
      waiting.erase(0, used);
      reading.used += used;
    }
  }
  if (parser.fault()) reading.fault = parser.fault()->status;
  reading.is_done = !parser.fault() && parser.is_done();
  if (!reading.is_done) return reading;
  reading.body = parser.request().body;
  reading.path = parser.request().path;
  return reading;
}

}  // namespace

// The first byte is the size of the pieces. A request that is read from pieces is the same one as
// when it comes at once: a server that sees another body's end than its neighbour is what smuggling
// needs. Whether a request is refused may depend on the pieces only by when a limit is noticed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Reading whole = read(bytes, bytes.size() + 1);
  const Reading pieces = read(bytes, data[0] % 16 + 1);
  if (whole.is_done && pieces.is_done) {
    if (whole.used != pieces.used || whole.body != pieces.body || whole.path != pieces.path) {
      __builtin_trap();
    }
    if (whole.body.size() > 256) __builtin_trap();
  }
  if (whole.fault && (*whole.fault < 400 || *whole.fault > 501)) __builtin_trap();
  return 0;
}
