// Loaded into a Python interpreter before it starts: brings it to where it would read its program,
// and freezes it there. What is thawed goes on with the arguments of its run, by the interpreter's
// own way of running a program: no frame, no module and no variable of ours is in it.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <cwchar>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox/freezer/freeze.h"
#include "sandbox/freezer/hooks.h"
#include "sandbox/freezer/mappings.h"
#include "sandbox/freezer/process_end.h"
#include "sandbox/freezer/python_end.h"
#include "sandbox/freezer/python_gc.h"
#include "sandbox/freezer/python_modules.h"
#include "sandbox/freezer/symbol.h"

namespace engine::sandbox::freezer {
namespace {

constexpr char kFrozenFile[] = "/box/frozen";
constexpr char kPagesFile[] = "/box/pages";
constexpr char kPreloadFile[] = "/box/preload";
constexpr wchar_t kWorkDirectory[] = L"/box/";

// Of CPython's interface, as it has been since 3.8. PyConfig is larger than what is looked at of
// it.
struct PyStatus {
  int type;
  const char* function;
  const char* message;
  int exit_code;
};
using PyObject = void;
struct Python {
  void (*config_init)(void* config);
  PyStatus (*config_set_argv)(void* config, std::ptrdiff_t argc, char* const* argv);
  void (*config_clear)(void* config);
  PyStatus (*initialize)(const void* config);
  const void* (*config)();
  int (*run_main)();
  wchar_t* (*decode)(const char* text, std::size_t* size);
  PyObject* (*text)(const wchar_t* text, std::ptrdiff_t size);
  PyObject* (*list)(std::ptrdiff_t size);
  int (*list_set)(PyObject* list, std::ptrdiff_t index, PyObject* item);
  int (*sys_set)(const char* name, PyObject* value);
  void (*forget)(PyObject* object);
  PyObject* (*modules)();
  PyObject* (*item)(PyObject* dictionary, const char* key);
  PyObject* (*module)(const char* name);
  PyObject* (*variables)(PyObject* module);
  PyObject* (*import)(const char* name);
  std::ptrdiff_t (*size)(PyObject* dictionary);
  PyObject* (*call_method)(PyObject* object, const char* name, const char* format, ...);
  const void* (*interpreter)();
};

constexpr std::size_t kConfigBytes = 4096;
constexpr std::size_t kConfigWords = 64;  // What is looked at.

bool find_all(Python& python) {
  return find(python.config_init, "PyConfig_InitPythonConfig") &&
         find(python.config_set_argv, "PyConfig_SetBytesArgv") &&
         find(python.config_clear, "PyConfig_Clear") &&
         find(python.initialize, "Py_InitializeFromConfig") &&
         find(python.config, "_Py_GetConfig") && find(python.run_main, "Py_RunMain") &&
         find(python.decode, "Py_DecodeLocale") && find(python.text, "PyUnicode_FromWideChar") &&
         find(python.list, "PyList_New") && find(python.list_set, "PyList_SetItem") &&
         find(python.sys_set, "PySys_SetObject") && find(python.forget, "Py_DecRef") &&
         find(python.modules, "PyImport_GetModuleDict") &&
         find(python.item, "PyDict_GetItemString") && find(python.module, "PyImport_AddModule") &&
         find(python.variables, "PyModule_GetDict") &&
         find(python.import, "PyImport_ImportModule") && find(python.size, "PyDict_Size") &&
         find(python.call_method, "PyObject_CallMethod") &&
         find(python.interpreter, "PyInterpreterState_Get");
}

// Where the interpreter keeps the name of the program that it is going to run.
struct Places {
  wchar_t** file = nullptr;        // Absolute.
  std::ptrdiff_t* argc = nullptr;  // Of sys.argv; the list follows.
};

bool is_mapped(const void* address) {
  const auto page = reinterpret_cast<std::uintptr_t>(address) & ~(wire::kPage - 1);
  unsigned char ignored = 0;
  return page != 0 && mincore(reinterpret_cast<void*>(page), 1, &ignored) == 0;
}

bool is_text(const void* address, const wchar_t* text) {
  const std::size_t bytes = (std::wcslen(text) + 1) * sizeof(wchar_t);
  const auto* start = static_cast<const char*>(address);
  return (reinterpret_cast<std::uintptr_t>(address) & 7) == 0 && is_mapped(start) &&
         is_mapped(start + bytes - 1) && std::memcmp(start, text, bytes) == 0;
}

// The configuration's layout differs between versions; the placeholder's name is found in each.
bool find_places(const Python& python, const wchar_t* name, Places& out) {
  auto** words = static_cast<void**>(const_cast<void*>(python.config()));
  wchar_t absolute[64];
  std::wcscpy(absolute, kWorkDirectory);
  std::wcscat(absolute, name);
  int files = 0;
  int lists = 0;
  for (std::size_t i = 0; i < kConfigWords; ++i) {
    if (is_text(words[i], absolute)) {
      out.file = reinterpret_cast<wchar_t**>(&words[i]);
      ++files;
    }
    if (i == 0 || reinterpret_cast<std::uintptr_t>(words[i - 1]) != 1) continue;
    if (is_mapped(words[i]) && is_text(*static_cast<void**>(words[i]), name)) {
      out.argc = reinterpret_cast<std::ptrdiff_t*>(&words[i - 1]);
      ++lists;
    }
  }
  return files == 1 && lists == 1;
}

PyObject* list_of(const Python& python, char** argv, std::uint64_t from, std::uint64_t argc) {
  PyObject* list = python.list(static_cast<std::ptrdiff_t>(argc - from));
  for (std::uint64_t i = from; i < argc && list != nullptr; ++i) {
    wchar_t* wide = python.decode(argv[i], nullptr);
    PyObject* item = wide == nullptr ? nullptr : python.text(wide, -1);
    if (item == nullptr) return nullptr;
    python.list_set(list, static_cast<std::ptrdiff_t>(i - from), item);
    std::free(wide);
  }
  return list;
}

bool set_list(const Python& python, const char* name, PyObject* list) {
  if (list == nullptr || python.sys_set(name, list) != 0) return false;
  python.forget(list);
  return true;
}

// `script` is the index of the program's name among the arguments.
bool adopt(const Python& python, const Places& places, const wire::ThawRun& run,
           std::uint64_t script) {
  wchar_t* name = python.decode(run.argv[script], nullptr);
  if (name == nullptr) return false;
  const std::size_t length = std::wcslen(kWorkDirectory) + std::wcslen(name) + 1;
  auto* absolute = static_cast<wchar_t*>(std::malloc(length * sizeof(wchar_t)));
  if (absolute == nullptr) return false;
  std::wcscpy(absolute, kWorkDirectory);
  std::wcscat(absolute, name);
  *places.file = absolute;
  (*reinterpret_cast<wchar_t***>(places.argc + 1))[0] = name;
  return set_list(python, "argv", list_of(python, run.argv, script, run.argc)) &&
         set_list(python, "orig_argv", list_of(python, run.argv, 0, run.argc));
}

// The C library took it from the stack that the interpreter was started with.
void size_stacks_of_threads() {
  rlimit stack{};
  pthread_attr_t attributes;
  if (getrlimit(RLIMIT_STACK, &stack) != 0 || pthread_attr_init(&attributes) != 0) return;
  if (pthread_attr_setstacksize(&attributes, stack.rlim_cur & ~(wire::kPage - 1)) == 0) {
    pthread_setattr_default_np(&attributes);
  }
  pthread_attr_destroy(&attributes);
}

// Of a thawed process that ends: which pages it has of its own, as pairs of an address and a count.
void report_pages() {
  const int file = open(kPagesFile, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  static Mappings mappings;
  if (file < 0 || !mappings.open()) return;
  for (Mapping mapping; mappings.next(mapping);) {
    if (std::strcmp(mapping.name, "[vsyscall]") == 0) continue;  // The kernel's, not told of.
    std::uint64_t run[2] = {mapping.start, 0};
    for (std::uint64_t at = mapping.start; at <= mapping.end && !mapping.shared;
         at += wire::kPage) {
      if (at < mapping.end && mappings.is_own(at)) {
        if (run[1]++ == 0) run[0] = at;
      } else if (run[1] > 0) {
        static_cast<void>(!write(file, run, sizeof(run)));
        run[1] = 0;
      }
    }
  }
  if (!mappings.is_known()) unlink(kPagesFile);
}

// What draws its seed when it is imported would draw the same in every run.
constexpr const char* kSeeded[] = {"_random", "_ssl"};
// Of what is preloaded, these are seeded anew in each run; multiprocessing has a secret of its own.
constexpr const char* kSeededAnew[] = {"random", "numpy.random"};
constexpr const char* kNeverPreloaded[] = {"_ssl", "multiprocessing.process"};

template <std::size_t N>
bool has_any(const Python& python, const char* const (&modules)[N]) {
  for (const char* module : modules) {
    if (python.item(python.modules(), module) != nullptr) return true;
  }
  return false;
}

bool seed_anew(const Python& python) {
  for (const char* name : kSeededAnew) {
    PyObject* module = python.item(python.modules(), name);
    if (module == nullptr) continue;
    PyObject* none = python.call_method(module, "seed", nullptr);
    if (none == nullptr) return false;
    python.forget(none);
  }
  return true;
}

// Imports the modules that a file names, one a line; without any, does nothing.
bool preload(const Python& python, bool& any) {
  char names[4096];
  const int file = open(kPreloadFile, O_RDONLY | O_CLOEXEC);
  const ssize_t size = file < 0 ? 0 : read(file, names, sizeof(names) - 1);
  if (file >= 0) close(file);
  if (size <= 0) return size == 0;
  any = true;
  names[size] = '\0';
  PyObject* const modules = python.modules();
  const bool leaves = plan_to_leave_preloaded(modules);
  const std::ptrdiff_t known = python.size(modules);
  char* rest = nullptr;
  for (char* name = strtok_r(names, "\n", &rest); name != nullptr;
       name = strtok_r(nullptr, "\n", &rest)) {
    if (python.import(name) == nullptr) return false;
  }
  if (leaves) leave_preloaded(modules, known);
  return true;
}

// Without it, runs are slower and otherwise the same.
void make_end_quick(const Python& python) {
  if (!find_collector(python.modules(), python.interpreter())) return;
  const bool understood = understand_end(python.modules(), python.interpreter());
  PyObject* program = python.module("__main__");
  PyObject* kept[] = {program, python.variables(program), nullptr};
  hide_from_collector(kept);
  if (understood) plan_end();
}

int fail(const char* what) {
  static_cast<void>(!write(STDERR_FILENO, what, std::strlen(what)));
  return 1;
}

// In place of the interpreter's own main(). argv ends with the placeholder for the program's name.
int main_of_frozen(int argc, char** argv, char**) {
  Python python{};
  if (!find_all(python)) return fail("this is no Python that can be frozen\n");
  unsetenv("LD_PRELOAD");
  alignas(16) static char config[kConfigBytes];
  python.config_init(config);
  if (python.config_set_argv(config, argc, argv).type != 0) return fail("refused arguments\n");
  if (python.initialize(config).type != 0) return fail("does not start\n");
  python.config_clear(config);
  wchar_t* name = python.decode(argv[argc - 1], nullptr);
  Places places;
  if (name == nullptr || !find_places(python, name, places)) {
    return fail("keeps its program's name where it is not found\n");
  }
  std::free(name);
  if (has_any(python, kSeeded)) return fail("has drawn random numbers when it has started\n");
  bool is_preloaded = false;
  if (!preload(python, is_preloaded)) return fail("has no module that is to be preloaded\n");
  if (has_any(python, kNeverPreloaded)) return fail("preloads what keeps secrets of each run\n");
  if (const char* left = left_by_hooks(); left != nullptr) return fail(left);
  const int file = open(kFrozenFile, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return fail("cannot be written\n");
  note_libraries();
  make_end_quick(python);
  const wire::ThawRun* run = freeze(file);
  if (run == nullptr && has_frozen()) _exit(0);
  if (run == nullptr) return fail("cannot be written whole\n");
  leave_libraries_at_exit();
  expect_full_end(run->late, run->late_count);
  size_stacks_of_threads();
  const auto script = static_cast<std::uint64_t>(argc - 1);
  if (!adopt(python, places, *run, script)) abort();
  if (is_preloaded && !seed_anew(python)) abort();
  const int code = python.run_main();
  if (std::strcmp(run->argv[script], argv[script]) == 0) report_pages();
  return code;
}

}  // namespace
}  // namespace engine::sandbox::freezer

using Main = int (*)(int, char**, char**);

extern "C" __attribute__((visibility("default"))) int __libc_start_main(
    Main, int argc, char** argv, void (*init)(), void (*fini)(), void (*rtld_fini)(), void* stack) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(engine::sandbox::freezer::main_of_frozen, argc, argv, init, fini, rtld_fini, stack);
}
