#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace engine::api {

// One event in the format of text/event-stream; `data` has no line break.
std::string event_text(std::uint64_t id, std::string_view name, std::string_view data);

// The name and the data of an engine's event: "state", "phase", "usage", "output".
std::string_view event_name(const Event& event);
std::string event_json(const Event& event);

// The events of {"events":[...]}, each as event_json() writes it. What is not understood is left
// out: it may come from a newer engine, or from a stranger.
std::vector<Event> parse_progress(std::string_view json);

}  // namespace engine::api
