#include "queue/bullmq_taker.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "base/random.h"

namespace engine::bullmq {
namespace {

// A worker that dies may take a marker with it: others look by themselves after so long.
constexpr Milliseconds kLongestWait{5'000};
// Under a rate limit delayed jobs still become due.
constexpr Milliseconds kLongestLimit{30'000};

Error nothing(const char* why) {
  return {Errc::kNotFound, why, {}};
}

}  // namespace

Taker::Taker(redis::Pool& pool, const Wire& wire, Options options, const Clock& clock)
    : pool_(pool),
      wire_(wire),
      options_(std::move(options)),
      clock_(clock),
      name_(random_uuid() + ":") {}

Result<Job> Taker::take(Milliseconds patience) {
  const SteadyTime deadline = clock_.steady() + patience;
  bool leads = false;
  bool has_looked = false;
  for (Lock lock(mutex_); !is_closed_;) {
    const bool is_over = clock_.steady() >= deadline;
    if (is_over && (has_looked || (is_led_ && !leads && !is_promised()))) {
      if (leads) resign(lock);
      return nothing("nothing to take");
    }
    if (!leads && (is_led_ || is_promised())) {
      if (auto job = sleep(lock, deadline, leads)) return *std::move(job);
      continue;
    }
    is_led_ = leads = true;
    auto job = lead(lock, deadline);
    has_looked = true;
    if (job && !job->has_value()) continue;
    const bool is_late = is_closed_;
    resign(lock);
    if (!job) return std::move(job).error();
    if (!is_late) return **std::move(job);
    put_back(**job);
    break;
  }
  return nothing("the queue is closed");
}

std::optional<Job> Taker::sleep(Lock& lock, SteadyTime deadline, bool& leads) {
  // What is promised comes in one round trip, or the lead does, in its stead.
  if (is_promised()) deadline = std::max(deadline, clock_.steady() + pool_.command_timeout());
  Sleeper self;
  Chime::number(self.bell, sleepers_.size());
  sleepers_.push_back(&self);
  lock.unlock();
  pool_.help();
  if (!chime_.wait_until(self.bell, deadline)) {
    lock.lock();
    if (std::erase(sleepers_, &self) == 1) return std::nullopt;
    lock.unlock();
    chime_.wait(self.bell);  // Somebody has chosen it already.
  }
  if (self.job) return std::move(self.job);
  lock.lock();
  leads = self.leads;
  return std::nullopt;
}

void Taker::resign(Lock& lock) {
  is_led_ = false;
  Sleeper* const next = choose_leader();
  lock.unlock();
  if (next == nullptr) return;
  chime_.ring(next->bell);
  wake();
}

// Those who are promised a job sleep on: theirs are coming.
Taker::Sleeper* Taker::choose_leader() {
  if (is_led_ || sleepers_.size() <= reserved_) return nullptr;
  Sleeper* const next = pop_sleeper();
  is_led_ = next->leads = true;
  return next;
}

// The one that lay down last: its memory is at hand.
Taker::Sleeper* Taker::pop_sleeper() {
  if (sleepers_.empty()) return nullptr;
  Sleeper* const last = sleepers_.back();
  sleepers_.pop_back();
  return last;
}

Result<std::optional<Job>> Taker::lead(Lock& lock, SteadyTime deadline) {
  if (limited_until_ > clock_.steady()) {
    changed_.wait_until(lock, std::min(limited_until_, deadline), [this] { return is_closed_; });
    if (limited_until_ > clock_.steady()) return std::optional<Job>();
  } else if (is_drained_ && !is_due() && clock_.steady() < deadline) {
    CHECK_OK(wait_for_mark(lock, deadline));
    // Only a delayed job was announced, or there is nothing to look for any more.
    if (is_closed_ || (is_drained_ && next_delayed_ != 0 && !is_due())) {
      if (clock_.steady() < deadline) return std::optional<Job>();
    }
  }
  // What comes back to the queue is there to be taken.
  changed_.wait(lock, [this] { return returning_ == 0 || is_closed_; });
  if (is_closed_) return std::optional<Job>();
  lock.unlock();
  const std::string token = name_ + std::to_string(++tokens_);
  const auto asked = pool_.ask(wire_.fetch(token, options_.lock, options_.worker, clock_.wall()));
  lock.lock();
  if (!asked) return asked.error();
  const auto& reply = asked->replies.front();
  if (reply.is_error()) return Error{Errc::kInternal, "Redis says: " + reply.text, {}};
  Next next = read_next(reply, token);
  note(next);
  return std::move(next.job);
}

Status Taker::wait_for_mark(Lock& lock, SteadyTime deadline) {
  const bool is_new = line_ == nullptr;
  CHECK_OK(connect(lock));
  if (is_closed_) return Ok{};
  const auto line = line_;
  const auto patience = time_to_wait(deadline);
  lock.unlock();
  const auto command = wire_.wait_for_mark(patience);
  const auto replies = line->ask(std::span(&command, 1), patience + pool_.command_timeout());
  lock.lock();
  if (is_closed_) return Ok{};
  if (!replies) {
    line_.reset();
    // A line that was cut is opened again; one that does not even hold so long is reported.
    return is_new ? Status(replies.error()) : Status(Ok{});
  }
  const auto& mark = replies->front();
  if (mark.is_error()) return Error{Errc::kUnavailable, "Redis says: " + mark.text, {}};
  next_delayed_ = 0;
  if (mark.at(2).is_text()) {
    const double score = std::strtod(mark.at(2).text.c_str(), nullptr);
    if (score > 0 && score < 1e15) next_delayed_ = static_cast<std::int64_t>(score);
  }
  return Ok{};
}

Status Taker::connect(Lock& lock) {
  if (line_ != nullptr) return Ok{};
  lock.unlock();
  auto opened = pool_.open();
  if (opened) {
    const redis::Command named{"CLIENT", "SETNAME", options_.connection_name};
    // Only for show: some Redis services do not allow it.
    (void)(*opened)->ask(std::span(&named, 1), pool_.command_timeout());
  }
  lock.lock();
  if (!opened) return std::move(opened).error();
  line_ = *std::move(opened);
  return Ok{};
}

bool Taker::is_due() const {
  return next_delayed_ != 0 && next_delayed_ <= unix_milliseconds(clock_.wall());
}

Milliseconds Taker::time_to_wait(SteadyTime deadline) const {
  auto time = std::chrono::ceil<Milliseconds>(deadline - clock_.steady());
  if (next_delayed_ != 0) {
    time = std::min(time, Milliseconds{next_delayed_ - unix_milliseconds(clock_.wall())});
  }
  return std::clamp(time, Milliseconds{0}, kLongestWait);
}

void Taker::note(const Next& next) {
  is_drained_ = !next.job.has_value();
  next_delayed_ = next.next_delayed;
  if (next.limited > Milliseconds{0}) {
    limited_until_ = clock_.steady() + std::min(next.limited, kLongestLimit);
    is_drained_ = false;  // Look again then, without waiting for a marker.
  }
}

bool Taker::is_promised() const {
  return reserved_ > sleepers_.size();
}

Taker::Heir Taker::reserve(bool comes_back) {
  const std::lock_guard lock(mutex_);
  const bool is_anybody = sleepers_.size() > reserved_;
  const bool is_alone = !is_led_ && sleepers_.empty() && reserved_ == 0;
  if (is_closed_ || (!is_anybody && !(comes_back && is_alone))) return Heir::kNobody;
  ++reserved_;
  return is_anybody ? Heir::kSleeper : Heir::kCaller;
}

void Taker::deliver(const redis::Reply& reply, const std::string& token) {
  Next next = read_next(reply, token);
  Sleeper* sleeper = nullptr;
  {
    const std::lock_guard lock(mutex_);
    --reserved_;
    if (next.job) is_drained_ = false;
    sleeper = next.job ? pop_sleeper() : choose_leader();
    if (sleeper == nullptr && next.job) ++returning_;
  }
  if (sleeper == nullptr && next.job) return send_back(*next.job);
  if (sleeper == nullptr) return;
  sleeper->job = std::move(next.job);
  chime_.ring(sleeper->bell);
}

void Taker::wake() {
  chime_.flush();
}

void Taker::put_back(const Job& job) {
  {
    const std::lock_guard lock(mutex_);
    ++returning_;
  }
  send_back(job);
}

void Taker::send_back(const Job& job) {
  pool_.post({wire_.put_back(job), wire_.mark()}, redis::Pool::Haste::kTogether,
             [this, id = job.id](const auto& asked) {
               {
                 const std::lock_guard lock(mutex_);
                 --returning_;
                 changed_.notify_all();
               }
               if (asked) return;
               log::warning("a job was not handed back, and waits until its lock is over",
                            {
                                {"job",    id                   },
                                {"reason", asked.error().message}
               });
             });
}

void Taker::close() {
  std::vector<Sleeper*> all;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    all.swap(sleepers_);
    if (line_ != nullptr) line_->interrupt();
    changed_.notify_all();
  }
  for (Sleeper* sleeper : all)
    chime_.ring(sleeper->bell);
  wake();
}

}  // namespace engine::bullmq
