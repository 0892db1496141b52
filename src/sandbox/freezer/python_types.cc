#include "sandbox/freezer/python_types.h"

#include <cstddef>
#include <cstring>

namespace engine::sandbox::freezer {
namespace {

// Types that are written in C, by the name that they have there.
constexpr const char* kSilentTypes[] = {
    "BaseException",
    "Context",
    "ContextVar",
    "SignalDict",
    "SignalDictMixin",
    "_abc._abc_data",
    "_collections._deque_iterator",
    "_collections._tuplegetter",
    "_contextvars.Context",
    "_contextvars.ContextVar",
    "_csv.Dialect",
    "_io.BytesIO",
    "_io.StringIO",
    "_json.Encoder",
    "_json.Scanner",
    "_queue.SimpleQueue",
    "_random.Random",
    "_struct.Struct",
    "_thread.RLock",
    "_thread._local",
    "_thread._localdummy",
    "_thread.lock",
    "builtin_function_or_method",
    "builtin_method",
    "bytearray",
    "bytes",
    "callable_iterator",
    "cell",
    "classmethod",
    "classmethod_descriptor",
    "code",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "complex",
    "cython_function_or_method",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.tzinfo",
    "decimal.Decimal",
    "dict",
    "dict_itemiterator",
    "dict_items",
    "dict_keyiterator",
    "dict_keys",
    "dict_valueiterator",
    "dict_values",
    "enumerate",
    "filter",
    "float",
    "frame",
    "frozenset",
    "function",
    "functools.KeyWrapper",
    "functools._lru_cache_wrapper",
    "functools._lru_list_elem",
    "functools.partial",
    "getset_descriptor",
    "hamt",
    "hamt_bitmap_node",
    "int",
    "itertools.accumulate",
    "itertools.chain",
    "itertools.combinations",
    "itertools.combinations_with_replacement",
    "itertools.compress",
    "itertools.count",
    "itertools.cycle",
    "itertools.dropwhile",
    "itertools.filterfalse",
    "itertools.groupby",
    "itertools.islice",
    "itertools.pairwise",
    "itertools.permutations",
    "itertools.product",
    "itertools.repeat",
    "itertools.starmap",
    "itertools.takewhile",
    "itertools.zip_longest",
    "list",
    "list_iterator",
    "list_reverseiterator",
    "longrange_iterator",
    "map",
    "mappingproxy",
    "member_descriptor",
    "method",
    "method-wrapper",
    "method_descriptor",
    "module",
    "numpy.dtype",
    "numpy.ndarray",
    "numpy.random._generator.Generator",
    "numpy.random._mt19937.MT19937",
    "numpy.random._pcg64.PCG64",
    "numpy.random._pcg64.PCG64DXSM",
    "numpy.random._philox.Philox",
    "numpy.random._sfc64.SFC64",
    "numpy.random.bit_generator.SeedSequence",
    "numpy.random.mtrand.RandomState",
    "numpy.ufunc",
    "object",
    "operator.attrgetter",
    "operator.itemgetter",
    "operator.methodcaller",
    "property",
    "range_iterator",
    "re.Match",
    "re.Pattern",
    "re.Scanner",
    "reversed",
    "set",
    "set_iterator",
    "slice",
    "staticmethod",
    "str",
    "str_iterator",
    "super",
    "traceback",
    "tuple",
    "tuple_iterator",
    "type",
    "types.GenericAlias",
    "types.SimpleNamespace",
    "types.UnionType",
    "typing.ParamSpec",
    "typing.TypeVar",
    "unicodedata.UCD",
    "wrapper_descriptor",
    "zip",
};
constexpr const char* kReferences[] = {"weakref",           "weakref.ReferenceType",
                                       "weakproxy",         "weakcallableproxy",
                                       "weakref.ProxyType", "weakref.CallableProxyType"};
// Those written in C that are told when what is referred to ends.
constexpr const char* kSilentCallbacks[] = {"_destroy", "_localdummy_destroyed"};

constexpr std::uint64_t kException = 1ull << 30;

enum class Kind : std::uint8_t { kUnknown, kSilent, kType, kReference, kOther };

const void* class_dealloc = nullptr;
bool (*is_known_callback)(void* function) = nullptr;

// Types that were looked at, by their address.
struct Known {
  const TypeObject* type;
  Kind kind;
};
constexpr std::size_t kKnown = 128;
Known known[kKnown];

template <std::size_t N>
bool is_among(const char* name, const char* const (&names)[N]) {
  for (const char* one : names) {
    if (std::strcmp(one, name) == 0) return true;
  }
  return false;
}

// What the instances of a class written in Python do is what those of its base do, and what it says
// itself for their end.
Kind kind_of(const TypeObject* type) {
  while (type != nullptr && (type->flags & kHeapType) != 0 && type->dealloc == class_dealloc) {
    if (type->finalize != nullptr || type->del != nullptr) return Kind::kOther;
    type = type->base;
  }
  if (type == nullptr) return Kind::kOther;
  if (std::strcmp(type->name, "type") == 0) return Kind::kType;
  if (is_among(type->name, kReferences)) return Kind::kReference;
  if ((type->flags & kException) != 0) return Kind::kSilent;
  return is_among(type->name, kSilentTypes) ? Kind::kSilent : Kind::kOther;
}

Kind known_kind_of(const TypeObject* type) {
  Known& one = known[reinterpret_cast<std::uintptr_t>(type) / 64 % kKnown];
  if (one.type != type) one = {type, kind_of(type)};
  return one.kind;
}

struct Reference {
  Object object;
  const Object* to;
  const Object* callback;
};
struct Function {
  Object object;
  const char* const* definition;  // Begins with the name.
};

bool is_silent(const Reference* reference) {
  const Object* callback = reference->callback;
  if (callback == nullptr) return true;
  if (std::strcmp(callback->type->name, "function") == 0) {
    return is_known_callback(const_cast<Object*>(callback));
  }
  if (std::strcmp(callback->type->name, "builtin_function_or_method") != 0) return false;
  return is_among(*reinterpret_cast<const Function*>(callback)->definition, kSilentCallbacks);
}

}  // namespace

bool learn_types(const void* plain, const void* ending, const void* object,
                 bool (*is_silent_callback)(void* function)) {
  is_known_callback = is_silent_callback;
  const auto* one = static_cast<const TypeObject*>(plain);
  const auto* other = static_cast<const TypeObject*>(ending);
  if (one == nullptr || other == nullptr || one->dealloc != other->dealloc) return false;
  class_dealloc = one->dealloc;
  return class_dealloc != nullptr && one->base == object && one->finalize == nullptr &&
         one->del == nullptr && other->finalize != nullptr &&
         (one->flags & other->flags & kHeapType) != 0 && (one->type->flags & kTypeSubclass) != 0 &&
         std::strcmp(static_cast<const TypeObject*>(object)->name, "object") == 0;
}

bool ends_in_silence(const void* object) {
  const auto* one = static_cast<const Object*>(object);
  switch (known_kind_of(one->type)) {
    case Kind::kSilent: return true;
    case Kind::kType: {
      // Not all of its instances are known to the collector.
      const auto* type = static_cast<const TypeObject*>(object);
      return type->finalize == nullptr && type->del == nullptr;
    }
    case Kind::kReference: return is_silent(static_cast<const Reference*>(object));
    case Kind::kUnknown:
    case Kind::kOther: break;
  }
  return false;
}

}  // namespace engine::sandbox::freezer
