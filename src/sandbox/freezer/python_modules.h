#pragma once

namespace engine::sandbox::freezer {

// At its end an interpreter empties module after module, the last one imported first, and frees
// what was in them: for a large library that takes longer than a short program does, and makes the
// run copy most of the pages that it shares with others.
//
// These see to it that modules which are preloaded are left as they are when their turn comes: by
// then the program, its exit handlers and its own objects are gone. A module that the program has
// changed is emptied, as it may hold objects of the program.

// Before anything is imported. `modules` are the interpreter's. False: this one is not built as
// expected, and the rest is not to be done.
bool plan_to_leave_preloaded(void* modules);

// Afterwards: those that were imported since there were `known`.
void leave_preloaded(void* modules, long known);

}  // namespace engine::sandbox::freezer
