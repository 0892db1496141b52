#pragma once

#include <string>

#include "language/language.h"

namespace engine::api {

// {"languages":[…]}: the answer of GET /api/v1/languages and of `languages --json`.
std::string languages_json(const Languages& languages);

}  // namespace engine::api
