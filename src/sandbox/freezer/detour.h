#pragma once

#include <cstdint>

namespace engine::sandbox::freezer {

// A function of the interpreter's whose callers come to one of ours instead, from then on and in
// all that is thawed. Its first instruction becomes a jump; what stood there is kept, with a jump
// to the rest of it, so that ours can call it after all.
class Detour {
 public:
  // Changes nothing yet. False: there is no such function, or it does not begin as compilers have
  // functions begin.
  bool plan(void* function);

  // To be called once all that was planned is sure. `original` is what is to be called for the
  // function as it was. False: nothing is changed, as no memory is to be had within a jump's reach.
  bool take(const void* ours, void*& original) const;

 private:
  unsigned char* function_ = nullptr;
  unsigned moved_ = 0;  // Bytes of whole instructions that make room for the jump.
};

}  // namespace engine::sandbox::freezer
