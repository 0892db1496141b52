#include "sandbox/freezer/python_modules.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "sandbox/freezer/python_gc.h"
#include "sandbox/freezer/python_types.h"
#include "sandbox/freezer/symbol.h"

namespace engine::sandbox::freezer {
namespace {

using PyObject = void;

// Of CPython's interface.
struct Python {
  int (*next)(PyObject* dictionary, std::ptrdiff_t* position, PyObject** key, PyObject** value);
  PyObject* (*dictionary)();
  int (*set)(PyObject* dictionary, const char* key, PyObject* value);
  PyObject* (*variables)(PyObject* module);
  PyObject* (*capsule)(void* pointer, const char* name, void (*destructor)(PyObject*));
  PyObject* (*import)(const char* name);
  PyObject* (*item)(PyObject* dictionary, const char* key);
  int (*remove)(PyObject* dictionary, const char* key);
  PyObject* (*function)(const void* definition, PyObject* self, PyObject* module);
  PyObject* (*call_method)(PyObject* object, const char* name, const char* format, ...);
  PyObject* (*of_sys)(const char* name);
  int (*set_of_sys)(const char* name, PyObject* value);
  void (*forget_error)();
  PyObject* none;
  void (*keep)(PyObject* object);
  void (*forget)(PyObject* object);
  const void* module_type;
};
Python python;

bool find_all() {
  return find(python.next, "PyDict_Next") && find(python.dictionary, "PyDict_New") &&
         find(python.set, "PyDict_SetItemString") && find(python.variables, "PyModule_GetDict") &&
         find(python.capsule, "PyCapsule_New") && find(python.import, "PyImport_ImportModule") &&
         find(python.item, "PyDict_GetItemString") && find(python.remove, "PyDict_DelItemString") &&
         find(python.function, "PyCFunction_NewEx") &&
         find(python.call_method, "PyObject_CallMethod") &&
         find(python.of_sys, "PySys_GetObject") && find(python.set_of_sys, "PySys_SetObject") &&
         find(python.forget_error, "PyErr_Clear") && find(python.none, "_Py_NoneStruct") &&
         find(python.keep, "Py_IncRef") && find(python.forget, "Py_DecRef") &&
         find(python.module_type, "PyModule_Type");
}

// As in CPython 3.6 to 3.12.
struct Module {
  Object object;
  PyObject* variables;
};
struct Dictionary {
  Object object;
  std::ptrdiff_t used;
  std::uint64_t version;  // Another one after each change.
};

struct Preloaded {
  Module* module;
  std::uint64_t version;
};
constexpr int kMostModules = 2'000;
Preloaded preloaded[kMostModules];
int count = 0;
Module* last = nullptr;  // The one that was imported last, once all are noted.

std::uint64_t version_of(const Module* module) {
  return static_cast<const Dictionary*>(module->variables)->version;
}

// The variables that each module had are never freed: its functions have them.
void leave_all(PyObject*) {
  for (int i = 0; i < count; ++i) {
    const Preloaded& one = preloaded[i];
    PyObject* empty = version_of(one.module) == one.version ? python.dictionary() : nullptr;
    if (empty != nullptr) one.module->variables = empty;
  }
}

// What objects of the program have printed at their end: a stream is flushed when it ends itself,
// which it does not while a module that is left refers to it.
void flush_streams(PyObject*) {
  for (const char* name : {"stdout", "stderr"}) {
    PyObject* stream = python.of_sys(name);
    if (stream == nullptr || stream == python.none) continue;
    PyObject* none = python.call_method(stream, "flush", nullptr);
    if (none != nullptr) python.forget(none);
    python.forget_error();
  }
}

PyObject* none() {
  python.keep(python.none);
  return python.none;
}

// The last of a program's exit handlers. Of all modules the one that was imported last is emptied
// first, and sys after all that are the program's: what is put into them then tells when that
// begins.
PyObject* on_exit(PyObject*, PyObject*) {
  if (last == nullptr) return none();
  // A module may hold the program's objects in what is not its own variable.
  const bool leaves = each_in_sight(ends_in_silence);
  PyObject* told = leaves ? python.capsule(preloaded, nullptr, leave_all) : nullptr;
  if (told != nullptr) {
    python.set(last->variables, "_frozen", told);
    python.forget(told);
  }
  PyObject* told_late = python.capsule(preloaded, nullptr, flush_streams);
  if (told_late != nullptr) {
    python.set_of_sys("_frozen", told_late);
    python.forget(told_late);
  }
  return none();
}

struct Definition {
  const char* name;
  PyObject* (*function)(PyObject*, PyObject*);
  int flags;
  const char* text;
};
constexpr int kWithoutArguments = 4;
const Definition on_exit_definition = {"on_exit", on_exit, kWithoutArguments, nullptr};

// Before anybody else, so that it is called last.
bool register_exit(PyObject* modules) {
  const bool is_known = python.item(modules, "atexit") != nullptr;
  PyObject* const handlers = python.import("atexit");  // Kept: the interpreter calls it.
  if (handlers == nullptr || (!is_known && python.remove(modules, "atexit") != 0)) return false;
  PyObject* const function = python.function(&on_exit_definition, nullptr, nullptr);
  return function != nullptr && python.call_method(handlers, "register", "O", function) != nullptr;
}

}  // namespace

bool plan_to_leave_preloaded(void* modules) {
  return find_all() && register_exit(modules);
}

void leave_preloaded(void* modules, long known) {
  std::ptrdiff_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  for (long at = 0; python.next(modules, &position, &key, &value) != 0; ++at) {
    auto* module = static_cast<Module*>(value);
    if (at < known || module->object.type != python.module_type) continue;
    if (python.variables(module) != module->variables || count == kMostModules) return;
    preloaded[count++] = {module, version_of(module)};
  }
  for (int i = 0; i < count; ++i)
    python.keep(preloaded[i].module);
  if (count > 0) last = preloaded[--count].module;
}

}  // namespace engine::sandbox::freezer
