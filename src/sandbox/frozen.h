#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "sandbox/boxes.h"

namespace engine::sandbox {

// Which pages were changed, as runs of programs that do nothing left it that went on from what is
// frozen; empty: it is not known.
struct FrozenPages {
  std::string_view always;          // Also where the end can be cut short.
  std::string_view at_full_length;  // Where it is not (freezer/python_end.h).
};

// An interpreter as it is when it has started and not yet read its program: memory that runs go on
// from, each with a copy of its own. A sealed memory file, so no run, and nobody else, can change
// what others start from; and nothing lives on between them.
//
// It is made inside of a box by freeze_python(), of the image's own interpreter, before any job's
// data is near. Immutable; safe from any thread.
class Frozen {
 public:
  // `written` is what a run of freezing_spec() left. What all runs change is copied for each at
  // once, which is faster, as far as `pages` tell. kInvalid: they are not, or make no sense.
  static Result<std::shared_ptr<const Frozen>> make(std::string_view written, FrozenPages pages,
                                                    Bytes uncharged);

  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

  int fd() const { return file_.get(); }
  Bytes size() const { return size_; }

  // What a run that goes on from here uses, and is not charged for, as it shares it with others. It
  // is added to what is reported, and taken off the limit.
  Bytes uncharged() const { return uncharged_; }

  // Whether such a run can be had from it: its stack and its memory are large enough, not too
  // large.
  bool serves(const RunSpec& spec) const;

 private:
  struct Stack {
    Bytes least;  // What is in use already.
    Bytes most;   // The room for it.
  };
  Frozen(Fd file, Bytes size, Bytes uncharged, Stack stack);

  Fd file_;
  Bytes size_;
  Bytes uncharged_;
  Stack stack_;
};

// What an interpreter is started as.
struct Freezing {
  std::vector<std::string> argv;  // What stands before the program's name.
  std::vector<std::string> environment;
  std::vector<std::string> preload;  // Modules that it imports before it is frozen.
  Bytes stack = 256_MiB;             // The largest that a run may have.
  Bytes memory = 64_MiB;             // What it may take; a larger one is not made.
};

// Starts a Python interpreter in this box and freezes it; then has an empty program find out which
// pages all runs change, and what one that goes on from there is not charged for. kUnavailable: it
// is no interpreter that can be frozen, or the host failed; says which step it was.
Result<std::shared_ptr<const Frozen>> freeze_python(Box& box, const Freezing& freezing);

}  // namespace engine::sandbox
