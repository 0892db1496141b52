#pragma once

namespace engine::sandbox::freezer {

// Finds the lists and counts of the interpreter's garbage collector. `tracked` is any object that
// it knows. False: it is not built as expected, and the rest is not to be done.
bool find_collector(void* tracked, const void* interpreter);

// Takes all that the collector knows now out of its sight: what an interpreter starts with lives as
// long as it does, and looking through it at each collection, three of which end every program,
// makes a run copy most of the pages that it shares with others. Thresholds stay as they are, and
// counts become what they were when it was found, so programs are collected when they would be.
//
// `kept`, and null at the end, are those that it goes on to know, since a program's objects are to
// be found in cycles with them.
void hide_from_collector(void* const* kept);

// All objects that were hidden; and all that the collector knows: those that a program has made
// since, and those that were kept. Until `look` says false, and then false;
// false as well where no collector was found.
bool each_hidden(bool (*look)(const void* object));
bool each_in_sight(bool (*look)(const void* object));

}  // namespace engine::sandbox::freezer
