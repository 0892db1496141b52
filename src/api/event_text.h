#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/engine.h"

namespace engine::api {

// One event in the format of text/event-stream; `data` has no line break.
std::string event_text(std::uint64_t id, std::string_view name, std::string_view data);

// The name and the data of an engine's event: "state", "phase", "usage", "output".
std::string_view event_name(const Event& event);
std::string event_json(const Event& event);

}  // namespace engine::api
