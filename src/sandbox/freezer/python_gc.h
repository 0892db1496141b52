#pragma once

namespace engine::sandbox::freezer {

// Takes all that the interpreter's garbage collector knows now out of its sight: what an
// interpreter starts with lives as long as it does, and looking through it at each collection,
// three of which end every program, makes a run copy most of the pages that it shares with others.
// Counts and thresholds stay as they are, so programs are collected when they would be.
//
// `tracked` is any object that the collector knows; `kept`, and null at the end, are those that it
// goes on to know, since a program's objects are to be found in cycles with them. False, with
// nothing done: this interpreter's collector is not built as expected.
bool hide_from_collector(void* tracked, const void* interpreter, void* const* kept);

}  // namespace engine::sandbox::freezer
