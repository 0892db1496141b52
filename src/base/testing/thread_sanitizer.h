#pragma once

namespace engine {

#ifndef __has_feature  // Clang's; GCC 12 does not know it.
#define __has_feature(feature) 0
#endif

// Whether this is built with the thread sanitizer, whose runtime has memory and a thread in every
// process, and which finds nothing in what other programs do.
inline constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer) != 0;

}  // namespace engine
