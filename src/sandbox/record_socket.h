#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace engine::sandbox {

inline constexpr std::size_t kMaxRecordFds = 16;

// A connected pair of SEQPACKET sockets: one send, one record. kUnavailable: none left.
struct SocketPair {
  Fd ours;
  Fd theirs;
};
Result<SocketPair> make_socket_pair();

// The bytes of a plain struct, as they travel.
template <typename T>
std::string_view as_bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

// Sends the parts as one record, with descriptors. Waits for room. kUnavailable: the peer is gone.
Status send_record(int socket, std::initializer_list<std::string_view> parts,
                   std::span<const int> fds = {});

struct Record {
  std::size_t size = 0;
  std::vector<Fd> fds;
};

// Takes the next record, waiting until `deadline` for it. kUnavailable: the peer is gone, or sent
// more than fits. kNotFound: nothing came in time.
Result<Record> receive_record(int socket, std::span<char> buffer,
                              std::chrono::steady_clock::time_point deadline);

// True when `fd` has one of `events` (or an error) before the deadline.
bool wait_for(int fd, short events, std::chrono::steady_clock::time_point deadline);

}  // namespace engine::sandbox
