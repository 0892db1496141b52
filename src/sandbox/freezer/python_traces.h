#pragma once

namespace engine::sandbox::freezer {

// What a program can have changed of its interpreter so that the interpreter's end could be seen,
// whatever objects there are: functions that are told of audits, calls or collections; other
// streams for its output; what is done about warnings; the classes of objects that were there
// before it.

// When all is imported: where all that is, and what it is now. False: it is not understood, or
// options have this interpreter tell of its end, and the rest is not to be done.
bool understand_interpreter(void* modules, const void* interpreter);

// When what the collector knew is hidden. False: too many classes.
bool note_classes();

// At a program's end: whether everything is as it was.
bool leaves_no_trace();

// After the interpreter has flushed them: whether standard output and error are those that it
// started with, and nothing of what was written to them is left. Flushes them once more to know.
bool are_streams_flushed();

}  // namespace engine::sandbox::freezer
