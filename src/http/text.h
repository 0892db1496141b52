#pragma once

#include <string_view>

namespace engine::http {

// The small grammar that all of HTTP's headers share (RFC 9110 §5.6). ASCII only, whatever the
// locale.

bool same_name(std::string_view a, std::string_view b);  // Equal but for the case of letters.

std::string_view trim_blanks(std::string_view text);  // Without spaces and tabs at both ends.

bool is_token(std::string_view text);  // A header's name, a method, a parameter without quotes.

}  // namespace engine::http
