#include "docker/strays.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/log.h"
#include "docker/container_spec.h"

namespace engine::docker {
namespace {

using std::chrono::steady_clock;

constexpr int kLooks = 2;
constexpr std::chrono::seconds kFirstLookAfter{1};
constexpr std::chrono::seconds kNextLookAfter{
    5};  // A busy engine may take seconds for a container.

}  // namespace

unsigned Strays::take_number() {
  const std::lock_guard lock(mutex_);
  in_use_.insert(++last_);
  return last_;
}

void Strays::give_back(unsigned number) {
  const std::lock_guard lock(mutex_);
  in_use_.erase(number);
}

void Strays::suspect() {
  const std::lock_guard lock(mutex_);
  const Time soon = steady_clock::now() + kFirstLookAfter;
  next_look_ = looks_ > 0 ? std::min(next_look_, soon) : soon;
  looks_ = kLooks;
}

Strays::Time Strays::next_look() const {
  const std::lock_guard lock(mutex_);
  return looks_ > 0 && !is_looking_ ? next_look_ : Time::max();
}

bool Strays::begin_look(Time now) {
  const std::lock_guard lock(mutex_);
  if (is_looking_ || looks_ == 0 || now < next_look_) return false;
  --looks_;
  next_look_ = Time::max();  // Until something more is suspected.
  is_looking_ = true;
  return true;
}

void Strays::look() {
  const bool none = remove_all();
  const std::lock_guard lock(mutex_);
  if (!none) looks_ = kLooks;
  next_look_ = std::min(next_look_, steady_clock::now() + kNextLookAfter);
  is_looking_ = false;
}

bool Strays::remove_all() const {
  const auto found = engine_.labelled(std::string(kInstanceLabel) + "=" + options_.instance);
  if (!found) return false;
  bool none = true;
  for (const auto& [id, labels] : *found) {
    const auto* label = labels.if_contains(kNumberLabel);
    unsigned number = 0;
    if (label != nullptr && label->is_string()) {
      const auto& text = label->get_string();
      std::from_chars(text.data(), text.data() + text.size(), number);
    }
    if (is_in_use(number)) continue;
    none = false;
    const Status removed = engine_.remove(id);
    log::warning("a container was left behind",
                 {
                     {"container", id                                       },
                     {"removed",   removed ? "yes" : removed.error().message}
    });
  }
  return none;
}

bool Strays::is_in_use(unsigned number) const {
  const std::lock_guard lock(mutex_);
  return in_use_.contains(number);
}

}  // namespace engine::docker
