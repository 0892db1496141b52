#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>

#include "docker/container.h"

namespace engine::docker {

// The containers of one shape that wait for an owner.
struct Shelf {
  Shape shape;
  std::deque<std::unique_ptr<Container>> waiting;
  int building = 0;
  int takers = 0;              // Who wait for one now.
  std::uint64_t failures = 0;  // Builds that failed; tells a taker that its turn is over.
  Error last_failure;
};

// What to keep of which shape. Shapes come and go with the limits that clients ask for, so those
// used last are stocked, up to `each` of one and `all` together. Not safe from several threads.
class Shelves {
 public:
  Shelves(int each, int all) : each_(each), all_(all) {}

  Shelf& use(const Shape& shape);             // Makes it the one used last.
  Shelf* find(const Shape& shape);            // Null: no such shelf any more.
  Shelf* to_build();                          // The one that needs a container most, or null.
  std::unique_ptr<Container> take_surplus();  // One that is stocked for nothing, or null.
  std::deque<std::unique_ptr<Container>> take_broken();
  std::deque<std::unique_ptr<Container>> take_all();
  int waiting() const;

 private:
  int each_;
  int all_;
  std::list<Shelf> shelves_;  // The one used last comes first.
};

}  // namespace engine::docker
