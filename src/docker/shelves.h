#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>

#include "docker/container.h"

namespace engine::docker {

// The containers of one shape that wait for an owner. An image that is gone holds up its own
// shelves alone.
struct Shelf {
  using Time = std::chrono::steady_clock::time_point;

  Shape shape;
  std::deque<std::unique_ptr<Container>> waiting;
  int building = 0;
  int takers = 0;              // Who wait for one now.
  std::uint64_t failures = 0;  // Builds that failed; tells a taker that its turn is over.
  Error last_failure;
  Milliseconds pause{0};  // After builds that failed in a row; 0: the last one went well.
  Time not_before;        // When the next one may be tried.
};

// What to keep of which shape. Shapes come and go with the limits that clients ask for, so those
// used last are stocked, up to `each` of one and `all` together. Not safe from several threads.
class Shelves {
 public:
  Shelves(int each, int all) : each_(each), all_(all) {}

  Shelf& use(const Shape& shape);               // Makes it the one used last.
  Shelf* find(const Shape& shape);              // Null: no such shelf any more.
  Shelf* to_build(Shelf::Time now);             // The one that needs a container most, or null.
  Shelf::Time next_try(Shelf::Time now) const;  // When one may be built again that now may not.
  std::unique_ptr<Container> take_surplus();    // One that is stocked for nothing, or null.
  std::deque<std::unique_ptr<Container>> take_broken();
  std::deque<std::unique_ptr<Container>> take_all();
  int waiting() const;

 private:
  int each_;
  int all_;
  std::list<Shelf> shelves_;  // The one used last comes first.
};

}  // namespace engine::docker
