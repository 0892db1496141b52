#include "queue/bullmq_leases.h"

#include <utility>

namespace engine::bullmq {
namespace {

constexpr std::size_t kMostLines = 1'000;  // Unsent, of one job; further ones are dropped.

}  // namespace

Leases::Notes Leases::Entry::take_notes(const Queue::Ticket& ticket) {
  return {.ticket = ticket,
          .job = held.job,
          .lines = std::exchange(lines, {}),
          .progress = std::exchange(progress, std::nullopt)};
}

Queue::Ticket Leases::add(Held held) {
  const std::lock_guard lock(mutex_);
  Queue::Ticket ticket{std::to_string(++tickets_) + "/" + held.job.id};
  entries_.emplace(ticket, Entry{.held = std::move(held), .until = clock_.steady() + length_});
  return ticket;
}

std::optional<Leases::Held> Leases::find(const Queue::Ticket& ticket) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ticket);
  if (found == entries_.end()) return std::nullopt;
  return found->second.held;
}

void Leases::renew(const Queue::Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ticket);
  if (found != entries_.end()) found->second.until = clock_.steady() + length_;
}

void Leases::erase(const Queue::Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  entries_.erase(ticket);
}

bool Leases::note_progress(const Queue::Ticket& ticket, const std::string& json) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ticket);
  if (found == entries_.end()) return false;
  return !std::exchange(found->second.progress, json);
}

void Leases::note_line(const Queue::Ticket& ticket, const std::string& line) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(ticket);
  if (found == entries_.end() || found->second.lines.size() == kMostLines) return;
  found->second.lines.push_back(line);
}

std::vector<Leases::Notes> Leases::take_all_notes() {
  const std::lock_guard lock(mutex_);
  std::vector<Notes> all;
  for (auto& [ticket, entry] : entries_) {
    if (!entry.has_notes()) continue;
    all.push_back(entry.take_notes(ticket));
    entry.is_being_told = true;
  }
  return all;
}

void Leases::told(std::span<const Notes> notes) {
  const std::lock_guard lock(mutex_);
  for (const auto& each : notes) {
    const auto found = entries_.find(each.ticket);
    if (found != entries_.end()) found->second.is_being_told = false;
  }
  told_.notify_all();
}

std::optional<Leases::Notes> Leases::take_notes(const Queue::Ticket& ticket) {
  std::unique_lock lock(mutex_);
  auto found = entries_.find(ticket);
  while (found != entries_.end() && found->second.is_being_told) {
    told_.wait(lock);
    found = entries_.find(ticket);
  }
  if (found == entries_.end() || !found->second.has_notes()) return std::nullopt;
  return found->second.take_notes(ticket);
}

void Leases::forget_expired() {
  const std::lock_guard lock(mutex_);
  const SteadyTime long_ago = clock_.steady() - length_;
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.until < long_ago; });
}

}  // namespace engine::bullmq
