#pragma once

namespace engine::sandbox::freezer {

// What an image's own hooks have left in the process, as its site packages may, that would not come
// along with its memory: threads and descriptors. Null: nothing; else what, for people.
const char* left_by_hooks();

}  // namespace engine::sandbox::freezer
