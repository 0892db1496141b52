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

// The head of the list that `start` is in: the only one that lies in the interpreter's state.
Node* find_head(Node* start, const void* interpreter) {
  const auto from = reinterpret_cast<std::uintptr_t>(interpreter);
  Node* found = nullptr;
  Node* at = start;
  for (long i = 0; i < kMostObjects; ++i) {
    if (node(node(at->next)->previous) != at) return nullptr;
    if (address_of(at) >= from && address_of(at) < from + kInterpreterBytes) {
      if (found != nullptr) return nullptr;
      found = at;
    }
    at = node(at->next);
    if (at == start) return found;
  }
  return nullptr;
}

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

Node hidden;

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

bool hide_from_collector(void* tracked, const void* interpreter, void* const* kept) {
  Node* start = static_cast<Node*>(tracked) - 1;
  if (tracked == nullptr || start->next == 0 || node(start->next) == nullptr) return false;
  Node* head = find_head(start, interpreter);
  Generation* generations = head == nullptr ? nullptr : find_generations(head);
  if (generations == nullptr) return false;
  hidden.next = hidden.previous = address_of(&hidden);
  for (int i = 0; i < kGenerations; ++i)
    hide(generations[i].head);
  for (; *kept != nullptr; ++kept)
    show(static_cast<Node*>(*kept) - 1, generations[kGenerations - 1].head);
  return true;
}

}  // namespace engine::sandbox::freezer
