#pragma once

namespace engine {

// The slots of this process that nobody uses now. A submission of many tests borrows some, to run
// several at once; there are never more runs at once than slots. Safe from any thread.
class SpareSlots {
 public:
  virtual ~SpareSlots() = default;

  // True: one more run at once is the caller's, until it gives that slot back.
  virtual bool try_borrow() = 0;
  virtual void give_back() = 0;

  // Whether a submission waits for a slot: what is borrowed goes back after the run under way.
  virtual bool is_wanted() const = 0;
};

// There are none.
class NoSpareSlots final : public SpareSlots {
 public:
  bool try_borrow() override { return false; }
  void give_back() override {}
  bool is_wanted() const override { return false; }
};

}  // namespace engine
