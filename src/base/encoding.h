#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace engine {

std::string to_hex(std::string_view bytes);  // Lower case.

std::string to_base64(std::string_view bytes);  // RFC 4648 §4, padded.

// Strict RFC 4648 §4: kInvalid on white space, wrong length, wrong padding or stray bits.
Result<std::string> from_base64(std::string_view text);

// RFC 3986: all but unreserved characters and those of `also_plain` as "%XX", upper case.
std::string percent_encode(std::string_view bytes, std::string_view also_plain = {});

// True for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// The longest prefix of at most `limit` bytes that does not cut a UTF-8 sequence in two.
std::string_view utf8_prefix(std::string_view text, std::size_t limit);

}  // namespace engine
