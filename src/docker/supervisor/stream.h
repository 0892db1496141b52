#pragma once

#include <cstddef>
#include <cstdint>

#include "docker/protocol.h"

// The container's stdin and stdout: the way to the worker. When it ends, so does this process, and
// with PID 1 the container.
namespace engine::docker::supervisor {

inline constexpr int kIn = 0;
inline constexpr int kOut = 1;

void open_stream();

// As much as is there, at most `most`; 0: nothing now.
std::size_t read_some(void* to, std::size_t most);
std::size_t write_some(const void* from, std::size_t bytes);

// These wait.
void read_whole(void* to, std::size_t bytes);
void write_whole(const void* from, std::size_t bytes);
void skip(std::uint64_t bytes);

wire::Header header_of(wire::Kind kind, std::uint64_t run, std::size_t bytes);
void send(wire::Kind kind, std::uint64_t run, const void* bytes = nullptr, std::size_t size = 0);

// Ends the container: its state is not as it must be, so nothing may run in it any more.
[[noreturn]] void give_up(const char* what);

}  // namespace engine::docker::supervisor
