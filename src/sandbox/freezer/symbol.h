#pragma once

#include <dlfcn.h>

namespace engine::sandbox::freezer {

// Points at what the interpreter calls so, a function or an object. False: it has nothing of that
// name, and `symbol` is null.
template <typename T>
bool find(T& symbol, const char* name) {
  symbol = reinterpret_cast<T>(dlsym(RTLD_DEFAULT, name));
  return symbol != nullptr;
}

}  // namespace engine::sandbox::freezer
