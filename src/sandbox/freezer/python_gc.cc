#include "sandbox/freezer/python_gc.h"

#include <cstddef>
#include <cstdint>

namespace engine::sandbox::freezer {
namespace {

// As in CPython 3.8 to 3.12: each object of the collector's is preceded by such a node, in one of
// three circular lists, whose heads lie one after the other in the interpreter's state.
struct Node {
  std::uintptr_t next;
  std::uintptr_t previous;  // Its low bits are flags.
};
struct Generation {
  Node head;
  int threshold;
  int count;
};
constexpr int kGenerations = 3;
constexpr int kThresholds[kGenerations] = {700, 10, 10};

constexpr std::uintptr_t kFlags = 3;
constexpr std::uintptr_t kInterpreterBytes = 1 << 20;
constexpr long kMostObjects = 10'000'000;

Node* node(std::uintptr_t address) {
  return reinterpret_cast<Node*>(address & ~kFlags);
}

std::uintptr_t address_of(const Node* one) {
  return reinterpret_cast<std::uintptr_t>(one);
}

// The generations, if this is the head of one.
Generation* find_generations(Node* head) {
  auto* one = reinterpret_cast<Generation*>(head);
  for (int of = 0; of < kGenerations; ++of) {
    Generation* first = one - of;
    bool fits = true;
    for (int i = 0; i < kGenerations; ++i)
      fits = fits && first[i].threshold == kThresholds[i];
    if (fits) return first;
  }
  return nullptr;
}

// Those that the list of `start` is one of. Its head lies in the interpreter's state; what else of
// it does so may be memory behind that.
Generation* find_generations(Node* start, const void* interpreter) {
  const auto from = reinterpret_cast<std::uintptr_t>(interpreter);
  Generation* found = nullptr;
  Node* at = start;
  for (long i = 0; i < kMostObjects; ++i) {
    if (node(node(at->next)->previous) != at) return nullptr;
    if (address_of(at) >= from && address_of(at) < from + kInterpreterBytes) {
      Generation* const one = find_generations(at);
      if (one != nullptr && found != nullptr) return nullptr;
      if (one != nullptr) found = one;
    }
    at = node(at->next);
    if (at == start) return found;
  }
  return nullptr;
}

Generation* generations = nullptr;
int counts[kGenerations];
Node hidden;

bool each_of(const Node& head, bool (*look)(const void* object)) {
  for (const Node* one = node(head.next); one != &head; one = node(one->next)) {
    if (!look(one + 1)) return false;
  }
  return true;
}

void hide(Node& head) {
  if (node(head.next) == &head) return;
  Node* first = node(head.next);
  Node* last = node(head.previous);
  Node* end = node(hidden.previous);
  end->next = address_of(first);
  first->previous = address_of(end) | (first->previous & kFlags);
  last->next = address_of(&hidden);
  hidden.previous = address_of(last);
  head.next = head.previous = address_of(&head);
}

void show(Node* one, Node& head) {
  if (one->next == 0) return;  // Not one of the collector's.
  node(one->previous)->next = one->next;
  Node* after = node(one->next);
  after->previous = (one->previous & ~kFlags) | (after->previous & kFlags);
  Node* last = node(head.previous);
  last->next = address_of(one);
  one->previous = address_of(last) | (one->previous & kFlags);
  one->next = address_of(&head);
  head.previous = address_of(one);
}

}  // namespace

bool find_collector(void* tracked, const void* interpreter) {
  Node* start = static_cast<Node*>(tracked) - 1;
  if (tracked == nullptr || start->next == 0 || node(start->next) == nullptr) return false;
  generations = find_generations(start, interpreter);
  for (int i = 0; i < kGenerations && generations != nullptr; ++i)
    counts[i] = generations[i].count;
  return generations != nullptr;
}

void hide_from_collector(void* const* kept) {
  hidden.next = hidden.previous = address_of(&hidden);
  for (int i = 0; i < kGenerations; ++i) {
    hide(generations[i].head);
    generations[i].count = counts[i];
  }
  for (; *kept != nullptr; ++kept)
    show(static_cast<Node*>(*kept) - 1, generations[kGenerations - 1].head);
}

bool each_hidden(bool (*look)(const void* object)) {
  return generations != nullptr && each_of(hidden, look);
}

bool each_in_sight(bool (*look)(const void* object)) {
  for (int i = 0; i < kGenerations && generations != nullptr; ++i) {
    if (!each_of(generations[i].head, look)) return false;
  }
  return generations != nullptr;
}

}  // namespace engine::sandbox::freezer
