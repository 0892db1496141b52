#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace engine {

// Rules for the names that a client gives to files: its sources, and the output files that it
// wants back. A name is a path relative to the work directory, kept byte for byte: "é" written in
// one code point and in two are different names, as they are to the kernel.

inline constexpr std::size_t kNameBytes = 1024;     // Of the whole name.
inline constexpr std::size_t kNamePartBytes = 255;  // Of each part between slashes.

// kInvalid, with a sentence that says what is wrong: empty, too long, absolute, "." or ".." or an
// empty part, a backslash, a control or invisible directional character, invalid UTF-8, or a
// leading "-" or "@", which compilers would take for an option or a list of arguments.
Status check_file_name(std::string_view name);

// check_file_name() of each; and no name twice, none both a file and a directory of another, none
// that collides with a `reserved` one, which the compiler is going to write. The error's field is
// "<member>[2].name".
Status check_file_names(const std::vector<std::string>& names,
                        const std::vector<std::string>& reserved, const std::string& member);

// `text` in single quotes and fit for a message: at most 80 bytes of it, with every byte that is
// no printable ASCII character as "\xNN".
std::string quote(std::string_view text);

}  // namespace engine
