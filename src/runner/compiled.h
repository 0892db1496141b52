#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/outcome.h"
#include "sandbox/boxes.h"

namespace engine {

// What a compile that ended by itself came to: a program, or the compiler's refusal.
struct Compiled {
  int exit_code = 0;
  std::string log;                                // What the compiler said.
  Usage usage;                                    // Of the compile itself.
  std::shared_ptr<const sandbox::FileSet> files;  // What the runs find; nullptr: it refused.
};

inline bool is_program(const Compiled& compiled) {
  return compiled.files != nullptr;
}

// As it lies on a disk: with its key, and a digest over all of it.
std::string encode(std::string_view key, const Compiled& compiled);

// kInternal: these bytes are not whole, or another key's, or name a file that no compile leaves.
Result<Compiled> decode_compiled(std::string_view key, std::string_view bytes);

}  // namespace engine
