#include "queue/embedded_jobs.h"

#include <charconv>
#include <tuple>

namespace engine {

bool EmbeddedJobs::GoesFirst::operator()(const Entry* a, const Entry* b) const {
  return std::tuple(b->second.priority, a->second.sequence) <
         std::tuple(a->second.priority, b->second.sequence);
}

bool EmbeddedJobs::EndsFirst::operator()(const Entry* a, const Entry* b) const {
  return std::tuple(a->second.when, a->second.sequence) <
         std::tuple(b->second.when, b->second.sequence);
}

bool EmbeddedJobs::add(const Queue::Item& item, SteadyTime now) {
  const auto [entry, is_new] = jobs_.try_emplace(item.submission);
  if (!is_new) return false;
  entry->second.sequence = ++sequences_;
  entry->second.priority = item.priority;
  if (item.delay > Milliseconds{0}) {
    schedule(*entry, Place::kDelayed, now + item.delay);
  } else {
    entry->second.when = now;
    wait(*entry);
  }
  return true;
}

void EmbeddedJobs::settle(SteadyTime now) {
  while (!timed_.empty() && (*timed_.begin())->second.when <= now) {
    Entry& entry = **timed_.begin();
    timed_.erase(timed_.begin());
    if (entry.second.place == Place::kLeased) --leased_;
    wait(entry);
  }
}

std::optional<Queue::Lease> EmbeddedJobs::lease(SteadyTime until) {
  if (waiting_.empty()) return std::nullopt;
  Entry& entry = **waiting_.begin();
  waiting_.erase(waiting_.begin());
  entry.second.lease = ++leases_;
  ++leased_;
  schedule(entry, Place::kLeased, until);
  // The number makes the ticket unique, the id finds its job again.
  return Queue::Lease{.ticket = {std::to_string(leases_) + "/" + entry.first.text},
                      .submission = entry.first};
}

bool EmbeddedJobs::renew(const Queue::Ticket& ticket, SteadyTime until) {
  Entry* const entry = leased(ticket);
  if (entry == nullptr) return false;
  timed_.erase(entry);
  schedule(*entry, Place::kLeased, until);
  return true;
}

bool EmbeddedJobs::finish(const Queue::Ticket& ticket) {
  Entry* const entry = leased(ticket);
  if (entry == nullptr) return false;
  timed_.erase(entry);
  --leased_;
  jobs_.erase(jobs_.find(entry->first));
  return true;
}

bool EmbeddedJobs::hand_back(const Queue::Ticket& ticket, SteadyTime due) {
  Entry* const entry = leased(ticket);
  if (entry == nullptr) return false;
  timed_.erase(entry);
  --leased_;
  schedule(*entry, Place::kDelayed, due);
  return true;
}

bool EmbeddedJobs::remove(const SubmissionId& submission) {
  const auto job = jobs_.find(submission);
  if (job == jobs_.end() || job->second.place == Place::kLeased) return false;
  if (job->second.place == Place::kWaiting) {
    waiting_.erase(&*job);
  } else {
    timed_.erase(&*job);
  }
  jobs_.erase(job);
  return true;
}

std::optional<SteadyTime> EmbeddedJobs::next_event() const {
  if (timed_.empty()) return std::nullopt;
  return (*timed_.begin())->second.when;
}

Queue::Place::Kind EmbeddedJobs::place(const SubmissionId& submission) const {
  const auto job = jobs_.find(submission);
  if (job == jobs_.end()) return Queue::Place::Kind::kUnknown;
  return job->second.place == Place::kLeased ? Queue::Place::Kind::kLeased
                                             : Queue::Place::Kind::kWaiting;
}

Queue::Counts EmbeddedJobs::counts(SteadyTime now) const {
  Queue::Counts counts{
      .waiting = waiting_.size(), .delayed = timed_.size() - leased_, .leased = leased_};
  if (!waiting_.empty()) {
    counts.oldest = std::chrono::floor<Milliseconds>(now - (*waiting_.begin())->second.when);
  }
  return counts;
}

void EmbeddedJobs::wait(Entry& entry) {
  entry.second.place = Place::kWaiting;
  waiting_.insert(&entry);
}

void EmbeddedJobs::schedule(Entry& entry, Place place, SteadyTime when) {
  entry.second.place = place;
  entry.second.when = when;
  timed_.insert(&entry);
}

EmbeddedJobs::Entry* EmbeddedJobs::leased(const Queue::Ticket& ticket) {
  const std::string& text = ticket.text;
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end == text.data() + text.size() || *end != '/') return nullptr;
  const auto job = jobs_.find(SubmissionId{std::string(end + 1, text.data() + text.size())});
  if (job == jobs_.end() || job->second.place != Place::kLeased) return nullptr;
  return job->second.lease == number ? &*job : nullptr;
}

}  // namespace engine
