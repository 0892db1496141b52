#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "sandbox/box_link.h"
#include "sandbox/init/protocol.h"

namespace sandbox = engine::sandbox;
namespace wire = engine::sandbox::wire;

namespace {

// Whatever came, all that is executed lies in the message and ends there.
void parse_run(std::vector<char> message) {
  static std::array<char*, wire::kMaxStrings + 2> strings;
  wire::RunCommand command;
  char* const begin = message.data();
  if (!wire::parse_run(begin, message.size(), strings.data(), command)) return;
  if (command.argv[0] == nullptr) __builtin_trap();
  for (char** list : {command.argv, command.envp}) {
    for (; *list != nullptr; ++list) {
      if (*list < begin || *list + std::strlen(*list) >= begin + message.size()) __builtin_trap();
    }
  }
}

// Whatever came, no file is placed under a name that leaves the work directory.
void read_index(const std::vector<char>& message) {
  const char* index = message.data();
  std::size_t left = message.size();
  wire::BundleEntry entry;
  const char* name = nullptr;
  while (wire::next_entry(index, left, entry, name)) {
    const std::string_view path(name, entry.name_bytes);
    if (path.empty() || path.front() == '/' || path.find('\0') != path.npos) __builtin_trap();
    if (path == ".." || path.starts_with("../") || path.find("/../") != path.npos ||
        path.ends_with("/..")) {
      __builtin_trap();
    }
  }
}

// Whatever a box answers, the worker comes back with files of plain names or with an error.
void answer_take(const std::vector<char>& message) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) __builtin_trap();
  sandbox::BoxLink link(sandbox::CgroupMode::kV2, engine::Fd(ends[0]), {});
  engine::Fd box(ends[1]);
  constexpr std::size_t kHead = sizeof(wire::ControlReply);
  for (std::size_t at = 0; at < message.size();) {
    // A head's last word says how much text follows: so a mutation keeps the records whole.
    wire::ControlReply head;
    const std::size_t left = message.size() - at;
    std::memcpy(&head, message.data() + at, std::min(left, kHead));
    const std::size_t size = std::min(left, kHead + head.text_bytes % (2 * wire::kMaxName));
    if (::send(box.get(), message.data() + at, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
    at += size;
  }
  box = engine::Fd();
  sandbox::RunSpec spec;
  spec.take = {"**"};
  const auto taken = link.take(spec, sandbox::BoxLink::Deadline::min());
  if (!taken) return;
  for (const auto& [file, problem] : *taken) {
    if (!wire::is_plain_name(file.name.data(), file.name.size())) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> message(data, data + size);  // Of exactly this size: overruns show.
  parse_run(message);
  read_index(message);
  answer_take(message);
  return 0;
}
