#include "sandbox/freezer/python_traces.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/freezer/python_gc.h"
#include "sandbox/freezer/python_types.h"
#include "sandbox/freezer/symbol.h"
#include "sandbox/init/frozen.h"

namespace engine::sandbox::freezer {
namespace {

using PyObject = void;

// Of CPython's interface.
struct Python {
  PyObject* (*import)(const char* name);
  PyObject* (*item)(PyObject* dictionary, const char* key);
  int (*remove)(PyObject* dictionary, const char* key);
  PyObject* (*attribute)(PyObject* object, const char* name);
  PyObject* (*call)(PyObject* function, ...);
  PyObject* (*call_method)(PyObject* object, const char* name, const char* format, ...);
  PyObject* (*of_sys)(const char* name);
  PyObject* (*dictionary)();
  std::ptrdiff_t (*size)(PyObject* object);
  long (*number)(PyObject* object);
  const char* (*text)(PyObject* object);
  void (*forget)(PyObject* object);
  void (*forget_error)();
  void* (*first_interpreter)();
  void* (*next_interpreter)(void* interpreter);
  const void* none;
  const void* object;
  const void* list;
  const void* tuple;
};
Python python;

bool find_all() {
  return find(python.import, "PyImport_ImportModule") &&
         find(python.item, "PyDict_GetItemString") && find(python.remove, "PyDict_DelItemString") &&
         find(python.attribute, "PyObject_GetAttrString") &&
         find(python.call, "PyObject_CallFunctionObjArgs") &&
         find(python.call_method, "PyObject_CallMethod") &&
         find(python.of_sys, "PySys_GetObject") && find(python.dictionary, "PyDict_New") &&
         find(python.size, "PyObject_Size") && find(python.text, "PyUnicode_AsUTF8") &&
         find(python.number, "PyLong_AsLong") && find(python.forget, "Py_DecRef") &&
         find(python.forget_error, "PyErr_Clear") &&
         find(python.first_interpreter, "PyInterpreterState_Head") &&
         find(python.next_interpreter, "PyInterpreterState_Next") &&
         find(python.none, "_Py_NoneStruct") && find(python.object, "PyBaseObject_Type") &&
         find(python.list, "PyList_Type") && find(python.tuple, "PyTuple_Type");
}

// One of the two that are flushed at the end, as it was when it started.
struct Stream {
  const char* name;
  PyObject* object;
  PyObject* flush;   // Of its type: a program may have given the object another one.
  PyObject* buffer;  // Below it.
  std::ptrdiff_t attributes;
  std::ptrdiff_t attributes_of_buffer;
  int file;
};
Stream streams[] = {
    {"stdout", nullptr, nullptr, nullptr, 0, 0, STDOUT_FILENO},
    {"stderr", nullptr, nullptr, nullptr, 0, 0, STDERR_FILENO},
};

// Functions without arguments, and what they say as long as nobody has changed anything.
struct Setting {
  const char* module;
  const char* name;
  PyObject* function;
  PyObject* said;  // Null: the number 0.
};
Setting settings[] = {
    {"sys", "gettrace",         nullptr, nullptr},
    {"sys", "getprofile",       nullptr, nullptr},
    {"gc",  "get_debug",        nullptr, nullptr},
    {"gc",  "get_freeze_count", nullptr, nullptr},
};

// Lists of the collector's that are empty as long as nobody uses them.
constexpr const char* kLists[] = {"callbacks", "garbage"};
PyObject* lists[2] = {};

// Where the interpreter keeps the functions that are told of audited events: null, as there are
// none. They are seen by nobody else, the collector included.
void** audit_hooks = nullptr;

// Classes written in Python that were there before the program, and of which objects were, with
// what they did for the end of one then.
struct Class {
  const TypeObject* type;
  const void* finalize;
  const void* del;
};
constexpr int kMostClasses = 512;
Class classes[kMostClasses];
int class_count = 0;

std::ptrdiff_t attributes_of(PyObject* object) {
  PyObject* all = python.attribute(object, "__dict__");
  if (all == nullptr) return -1;
  const std::ptrdiff_t size = python.size(all);
  python.forget(all);
  return size;
}

bool understand_streams() {
  for (Stream& stream : streams) {
    stream.object = python.of_sys(stream.name);
    if (stream.object == nullptr || stream.object == python.none) return false;
    const TypeObject* type = static_cast<Object*>(stream.object)->type;
    stream.flush = python.attribute(const_cast<TypeObject*>(type), "flush");
    stream.buffer = python.attribute(stream.object, "buffer");
    if (stream.flush == nullptr || stream.buffer == nullptr) return false;
    stream.attributes = attributes_of(stream.object);
    stream.attributes_of_buffer = attributes_of(stream.buffer);
    if (stream.attributes < 0 || stream.attributes_of_buffer < 0) return false;
  }
  return true;
}

// That it is as it was, and can be flushed: if it could not be when the interpreter tried, what was
// to be written is there yet, and cannot be now.
bool is_flushed(const Stream& stream) {
  const int flags = fcntl(stream.file, F_GETFL);
  if (flags < 0 || (flags & O_NONBLOCK) != 0) return false;
  if (python.of_sys(stream.name) != stream.object) return false;
  PyObject* buffer = python.attribute(stream.object, "buffer");
  if (buffer == nullptr) return false;
  python.forget(buffer);
  if (buffer != stream.buffer || attributes_of(stream.object) != stream.attributes ||
      attributes_of(stream.buffer) != stream.attributes_of_buffer) {
    return false;
  }
  PyObject* none = python.call(stream.flush, stream.object, nullptr);
  if (none == nullptr) return false;
  python.forget(none);
  return true;
}

// Only of the interpreter's own modules, which are imported without a trace.
bool understand_settings(PyObject* modules) {
  const bool has_gc = python.item(modules, "gc") != nullptr;
  PyObject* gc = python.import("gc");
  if (gc == nullptr || (!has_gc && python.remove(modules, "gc") != 0)) return false;
  for (Setting& setting : settings) {
    const bool of_sys = setting.module[0] == 's';
    PyObject* module = of_sys ? python.item(modules, "sys") : gc;
    setting.function = module == nullptr ? nullptr : python.attribute(module, setting.name);
    if (setting.function == nullptr) return false;
    setting.said = of_sys ? const_cast<void*>(python.none) : nullptr;
  }
  for (int i = 0; i < 2; ++i) {
    lists[i] = python.attribute(gc, kLists[i]);
    if (lists[i] == nullptr) return false;
  }
  return true;
}

bool is_unchanged(const Setting& setting) {
  PyObject* said = python.call(setting.function, nullptr);
  if (said == nullptr) return false;
  const bool same = setting.said == nullptr ? python.number(said) == 0 : said == setting.said;
  python.forget(said);
  return same;
}

bool is_mapped(const void* address) {
  const auto page = reinterpret_cast<std::uintptr_t>(address) & ~(wire::kPage - 1);
  unsigned char ignored = 0;
  return page != 0 && mincore(reinterpret_cast<void*>(page), 1, &ignored) == 0;
}

struct List {
  Object object;
  std::ptrdiff_t size;
  PyObject** items;
};

bool is_list_of(const void* address, PyObject* item) {
  if ((reinterpret_cast<std::uintptr_t>(address) & 7) != 0 || !is_mapped(address)) return false;
  if (!is_mapped(static_cast<const List*>(address) + 1)) return false;
  const auto* list = static_cast<const List*>(address);
  return list->object.type == python.list && list->size == 1 && is_mapped(list->items) &&
         list->items[0] == item;
}

// Has a hook added, looks where it is, and takes it away: nothing happens meanwhile. Both objects
// go back to where the interpreter keeps such for the next that is made, or its counts would
// differ.
bool find_audit_hooks(PyObject* modules, const void* interpreter) {
  constexpr std::size_t kWords = 16'384;
  PyObject* sys = python.item(modules, "sys");
  PyObject* hook = python.dictionary();
  if (sys == nullptr || hook == nullptr) return false;
  PyObject* none = python.call_method(sys, "addaudithook", "O", hook);
  if (none == nullptr) return false;
  auto* words = static_cast<void**>(const_cast<void*>(interpreter));
  for (std::size_t i = 0; i < kWords && audit_hooks == nullptr && is_mapped(&words[i]); ++i) {
    if (is_list_of(words[i], hook)) audit_hooks = &words[i];
  }
  if (audit_hooks == nullptr) std::abort();  // It would be called in every run.
  python.forget(*audit_hooks);
  *audit_hooks = nullptr;
  python.forget(none);
  python.forget(hook);
  return true;
}

// What is to be done about warnings, which some objects give at their end.
struct Filters {
  PyObject* list;
  std::ptrdiff_t size;
  std::ptrdiff_t telling;  // Those that do not say "ignore".
};
Filters filters;

struct Tuple {
  Object object;
  std::ptrdiff_t size;
  PyObject* items[1];
};

// -1: they are not what is known.
std::ptrdiff_t count_telling(PyObject* object) {
  const auto* list = static_cast<const List*>(object);
  if (list->object.type != python.list) return -1;
  std::ptrdiff_t count = 0;
  for (std::ptrdiff_t i = 0; i < list->size; ++i) {
    const auto* filter = static_cast<const Tuple*>(list->items[i]);
    if (filter->object.type != python.tuple || filter->size == 0) return -1;
    const char* action = python.text(filter->items[0]);
    if (action == nullptr) return -1;
    count += std::strcmp(action, "ignore") != 0;
  }
  return count;
}

bool understand_filters() {
  PyObject* warnings = python.import("_warnings");
  filters.list = warnings == nullptr ? nullptr : python.attribute(warnings, "filters");
  if (filters.list == nullptr) return false;
  filters.telling = count_telling(filters.list);
  filters.size = python.size(filters.list);
  return filters.telling >= 0;
}

bool are_filters_unchanged() {
  return python.size(filters.list) >= filters.size &&
         count_telling(filters.list) == filters.telling;
}

// Options that have the interpreter tell of its end.
bool is_quiet(PyObject* modules) {
  for (const char* name : {"PYTHONMALLOCSTATS", "PYTHONDUMPREFS", "PYTHONDUMPREFSFILE"}) {
    if (std::getenv(name) != nullptr) return false;
  }
  PyObject* flags = python.attribute(python.item(modules, "sys"), "flags");
  for (const char* name : {"verbose", "dev_mode", "inspect", "interactive"}) {
    PyObject* flag = flags == nullptr ? nullptr : python.attribute(flags, name);
    if (flag == nullptr || python.number(flag) != 0) return false;
  }
  PyObject* options = python.of_sys("warnoptions");
  return options != nullptr && python.size(options) == 0;
}

// The file of weak sets, such as the one that threading has: what they do when an element ends is
// to forget it.
char weak_sets[256];

bool find_weak_sets(PyObject* modules) {
  constexpr char kOs[] = "os.py";
  constexpr char kWeakSets[] = "_weakrefset.py";
  PyObject* os = python.item(modules, "os");
  PyObject* file = os == nullptr ? nullptr : python.attribute(os, "__file__");
  const char* path = file == nullptr ? nullptr : python.text(file);
  const std::size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length < sizeof(kOs) || length + sizeof(kWeakSets) > sizeof(weak_sets)) return false;
  const std::size_t directory = length - (sizeof(kOs) - 1);
  if (std::strcmp(path + directory, kOs) != 0) return false;
  std::memcpy(weak_sets, path, directory);
  std::memcpy(weak_sets + directory, kWeakSets, sizeof(kWeakSets));
  return true;
}

bool is_of_weak_sets(PyObject* function) {
  PyObject* code = python.attribute(function, "__code__");
  PyObject* file = code == nullptr ? nullptr : python.attribute(code, "co_filename");
  const char* path = file == nullptr ? nullptr : python.text(file);
  const bool is = path != nullptr && std::strcmp(path, weak_sets) == 0;
  if (file != nullptr) python.forget(file);
  if (code != nullptr) python.forget(code);
  return is;
}

bool understand_classes() {
  PyObject* io = python.import("io");
  PyObject* machinery = python.import("_frozen_importlib");
  if (io == nullptr || machinery == nullptr) return false;
  return learn_types(python.attribute(machinery, "ModuleSpec"), python.attribute(io, "IOBase"),
                     python.object, is_of_weak_sets);
}

bool note_class_of(const void* object) {
  const TypeObject* type = static_cast<const Object*>(object)->type;
  if ((type->flags & kHeapType) == 0) return true;
  for (int i = 0; i < class_count; ++i) {
    if (classes[i].type == type) return true;
  }
  if (class_count == kMostClasses) return false;
  classes[class_count++] = {type, type->finalize, type->del};
  return true;
}

bool are_classes_unchanged() {
  for (int i = 0; i < class_count; ++i) {
    const Class& one = classes[i];
    if (one.type->finalize != one.finalize || one.type->del != one.del) return false;
  }
  return true;
}
}  // namespace

bool understand_interpreter(void* modules, const void* interpreter) {
  const bool understood = find_all() && is_quiet(modules) && understand_streams() &&
                          understand_settings(modules) && find_weak_sets(modules) &&
                          understand_filters() && understand_classes() &&
                          find_audit_hooks(modules, interpreter);
  if (python.forget_error != nullptr) python.forget_error();
  return understood;
}

bool note_classes() {
  return each_hidden(note_class_of);
}

bool leaves_no_trace() {
  if (*audit_hooks != nullptr) return false;
  if (python.next_interpreter(python.first_interpreter()) != nullptr) return false;
  bool unchanged = true;
  for (PyObject* list : lists)
    unchanged = unchanged && python.size(list) == 0;
  for (const Setting& setting : settings)
    unchanged = unchanged && is_unchanged(setting);
  unchanged = unchanged && are_filters_unchanged() && are_classes_unchanged();
  python.forget_error();
  return unchanged;
}

bool are_streams_flushed() {
  const bool flushed = is_flushed(streams[0]) && is_flushed(streams[1]);
  python.forget_error();
  return flushed;
}

}  // namespace engine::sandbox::freezer
