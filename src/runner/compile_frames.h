#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/boxes.h"

namespace engine {

// What the engine and a warm compiler (runner/compile_server) say to each other: frames, each the
// count of its bytes (four of them, the lowest first) and then those. Every number in a frame
// is written that way, and every text with its count before it.

inline constexpr std::size_t kFrameHead = 4;
inline constexpr std::size_t kMostFrame = 32 << 20;  // Bytes; either way.

// A compile that is asked for: its number, the compiler's arguments, the files that it finds.
// kInvalid: it is too large for a frame.
Result<std::string> request_frame(std::uint64_t number, const std::vector<std::string>& arguments,
                                  const std::vector<sandbox::File>& files);

// How long the frame after this head is. kInvalid: longer than any may be.
Result<std::size_t> frame_size(std::string_view head);

// What came of it.
struct CompileAnswer {
  std::uint64_t number = 0;               // The request's; 0: it is ready for the first.
  bool counts = false;                    // The compiler ended well and said nothing.
  std::vector<sandbox::TakenFile> taken;  // What it left behind, by name.
};

// `body`: a frame without its head, and foreign. kInvalid says what is odd about it: it is not
// whole, or names a file as no compile of these files would, or one twice.
Result<CompileAnswer> read_answer(std::string_view body);

}  // namespace engine
