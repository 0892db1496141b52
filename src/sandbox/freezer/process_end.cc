#include "sandbox/freezer/process_end.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <link.h>
#include <unistd.h>

namespace engine::sandbox::freezer {
namespace {

constexpr char kOwnModules[] = "/lib-dynload/";

struct Libraries {
  unsigned long long added = 0;
  unsigned long long removed = 0;
  int count = 0;
};
Libraries noted;

int count_one(dl_phdr_info* library, std::size_t, void* out) {
  auto* all = static_cast<Libraries*>(out);
  all->added = library->dlpi_adds;
  all->removed = library->dlpi_subs;
  ++all->count;
  return 0;
}

// They come in the order in which they were loaded. Other than 0: it is a foreign one.
int look_at_one(dl_phdr_info* library, std::size_t, void* position) {
  if ((*static_cast<int*>(position))++ < noted.count) return 0;
  return std::strstr(library->dlpi_name, kOwnModules) == nullptr ? 1 : 0;
}

void leave(int status, void*) {
  if (has_foreign_libraries()) return;
  std::fflush(stdout);
  std::fflush(stderr);
  std::fflush(nullptr);
  _exit(status);
}

}  // namespace

void note_libraries() {
  noted = {};
  dl_iterate_phdr(count_one, &noted);
}

bool has_foreign_libraries() {
  Libraries now;
  dl_iterate_phdr(count_one, &now);
  if (now.removed != noted.removed) return true;
  if (now.added == noted.added) return false;
  int position = 0;
  return dl_iterate_phdr(look_at_one, &position) != 0;
}

void leave_libraries_at_exit() {
  on_exit(leave, nullptr);
}

}  // namespace engine::sandbox::freezer
