#pragma once

#include <cstddef>

namespace engine::sandbox::init {

inline constexpr int kMaxFds = 16;

// Sends one record, and descriptors with it. False: the worker is gone.
bool send_record(int socket, const void* head, std::size_t head_bytes, const void* text,
                 std::size_t text_bytes, const int* fds, int fd_count);

// Waits for one record. Its size; 0: the worker is gone; -1: a broken one. `fds` gets kMaxFds at
// most, close-on-exec; what is more is closed by the kernel.
long receive_record(int socket, void* bytes, std::size_t capacity, int* fds, int* fd_count);

}  // namespace engine::sandbox::init
