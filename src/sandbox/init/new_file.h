#pragma once

namespace engine::sandbox::init {

// Makes one file below the directory `work`, and the directories of its name that are not there:
// a new file only, nothing followed, owned by the caller and for all to read. `path` is a plain
// name and is left as it was. A descriptor for writing, or a negative errno.
int make_new_file(int work, char* path, bool executable);

}  // namespace engine::sandbox::init
