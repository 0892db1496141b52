#include "docker/shelves.h"

#include <algorithm>
#include <iterator>

namespace engine::docker {

Shelf* Shelves::find(const Shape& shape) {
  const auto found = std::find_if(shelves_.begin(), shelves_.end(),
                                  [&](const Shelf& shelf) { return shelf.shape == shape; });
  return found == shelves_.end() ? nullptr : &*found;
}

Shelf& Shelves::use(const Shape& shape) {
  const auto found = std::find_if(shelves_.begin(), shelves_.end(),
                                  [&](const Shelf& shelf) { return shelf.shape == shape; });
  if (found != shelves_.end()) {
    shelves_.splice(shelves_.begin(), shelves_, found);
  } else {
    shelves_.emplace_front().shape = shape;
  }
  return shelves_.front();
}

Shelf* Shelves::to_build(Shelf::Time now) {
  for (Shelf& shelf : shelves_) {
    if (shelf.not_before > now) continue;
    if (shelf.takers > shelf.building + static_cast<int>(shelf.waiting.size())) return &shelf;
  }
  int left = all_;
  for (Shelf& shelf : shelves_) {
    const int wanted = std::min(each_, left);
    const int coming = static_cast<int>(shelf.waiting.size()) + shelf.building;
    if (coming < wanted + shelf.takers && shelf.not_before <= now) return &shelf;
    left -= wanted;
  }
  return nullptr;
}

Shelf::Time Shelves::next_try(Shelf::Time now) const {
  Shelf::Time next = Shelf::Time::max();
  for (const Shelf& shelf : shelves_)
    if (shelf.not_before > now) next = std::min(next, shelf.not_before);
  return next;
}

// Shelves that are used for nothing go with their last container.
std::unique_ptr<Container> Shelves::take_surplus() {
  int left = all_;
  for (auto shelf = shelves_.begin(); shelf != shelves_.end();) {
    const int wanted = std::min(each_, left);
    left -= wanted;
    if (static_cast<int>(shelf->waiting.size()) > wanted + shelf->takers) {
      auto one = std::move(shelf->waiting.front());
      shelf->waiting.pop_front();
      return one;
    }
    const bool idle = wanted == 0 && shelf->takers == 0 && shelf->building == 0;
    shelf = idle && shelf->waiting.empty() ? shelves_.erase(shelf) : std::next(shelf);
  }
  return nullptr;
}

std::deque<std::unique_ptr<Container>> Shelves::take_broken() {
  std::deque<std::unique_ptr<Container>> broken;
  for (Shelf& shelf : shelves_) {
    for (auto one = shelf.waiting.begin(); one != shelf.waiting.end();) {
      const bool is_broken = (*one)->link.is_broken();
      if (is_broken) broken.push_back(std::move(*one));
      one = is_broken ? shelf.waiting.erase(one) : std::next(one);
    }
  }
  return broken;
}

std::deque<std::unique_ptr<Container>> Shelves::take_all() {
  std::deque<std::unique_ptr<Container>> all;
  for (Shelf& shelf : shelves_) {
    std::move(shelf.waiting.begin(), shelf.waiting.end(), std::back_inserter(all));
    shelf.waiting.clear();
  }
  return all;
}

int Shelves::waiting() const {
  int count = 0;
  for (const Shelf& shelf : shelves_)
    count += static_cast<int>(shelf.waiting.size());
  return count;
}

}  // namespace engine::docker
