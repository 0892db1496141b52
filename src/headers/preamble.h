#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace engine {

// The headers that a C or C++ source includes before it has anything else but comments and blank
// lines, in their order: "vector" for #include <vector>. Only such in angle brackets, which a
// compiler looks for in the image and never among a client's files; a name that could lead out of
// the compiler's directories ends the list, as does whatever is not plainly such a line (a macro, a
// pragma, a line that goes on in the next, a trigraph). At most kMostHeaders of them.
//
// A source behaves as before if these lines were compiled ahead: nothing of its own comes before
// them, and nothing of its own is in them.
std::vector<std::string> leading_headers(std::string_view source);

inline constexpr std::size_t kMostHeaders = 64;

}  // namespace engine
