#pragma once

#include <string>
#include <string_view>

namespace engine {

// Raw 32-byte digests; to_hex() makes them readable.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// Compares without telling by its duration where the two differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace engine
