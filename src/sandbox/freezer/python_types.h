#pragma once

#include <cstdint>

namespace engine::sandbox::freezer {

// As in CPython 3.8 to 3.13.
struct TypeObject {
  std::intptr_t references;
  const TypeObject* type;
  std::intptr_t size;
  const char* name;
  std::uint64_t unused1[2];
  const void* dealloc;
  std::uint64_t unused2[14];
  std::uint64_t flags;
  std::uint64_t unused3[10];
  const TypeObject* base;
  std::uint64_t unused4[14];
  const void* del;
  std::uint64_t version;
  const void* finalize;
};
static_assert(sizeof(TypeObject) == 400);

struct Object {
  std::intptr_t references;
  const TypeObject* type;
};

constexpr std::uint64_t kHeapType = 1ull << 9;
constexpr std::uint64_t kTypeSubclass = 1ull << 31;

// Learns how this interpreter builds classes, from two that are written in Python: one of no base,
// and one whose instances do something when they end. False: it is none that is known.
// `is_silent_callback` is asked about functions that are told when what a weak reference refers to
// ends.
bool learn_types(const void* plain, const void* ending, const void* object,
                 bool (*is_silent_callback)(void* function));

// Whether nothing but memory comes free when this object, which the collector knows, ends; whatever
// it refers to aside. False where it is not sure.
bool ends_in_silence(const void* object);

}  // namespace engine::sandbox::freezer
