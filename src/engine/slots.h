#pragma once

#include <condition_variable>
#include <mutex>

#include "runner/spare_slots.h"

namespace engine {

// How many runs there may be at once in this process. A submission takes one slot for as long as it
// runs; while nobody waits for them, the others are lent to submissions with many tests.
class Slots final : public SpareSlots {
 public:
  // `lends`: whether more than one slot may serve a submission.
  Slots(int count, bool lends) : free_(count), lends_(lends) {}

  // One slot, from when it is free until the end of this object.
  class Hold {
   public:
    explicit Hold(Slots& slots) : slots_(slots) { slots_.take(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { slots_.give_back(); }

   private:
    Slots& slots_;
  };

  bool try_borrow() override;
  void give_back() override;
  bool is_wanted() const override;

 private:
  void take();

  mutable std::mutex mutex_;
  std::condition_variable freed_;
  int free_;
  int waiting_ = 0;
  const bool lends_;
};

}  // namespace engine
