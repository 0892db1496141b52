#include "store/sqlite_writer.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "base/log.h"

namespace engine::sqlite {
namespace {

using std::chrono::steady_clock;

// Of one transaction. Larger groups gain nothing, and everybody in one waits for its end.
constexpr std::size_t kGroupSize = 512;
constexpr std::size_t kGroupBytes = std::size_t{16} << 20;

// Pages in the log, 16 MiB, from which on they are copied into the database.
constexpr int kCheckpointFrames = 4'000;

// A file that is mostly free pages gives them back to the disk; a few are kept for what comes next.
constexpr std::int64_t kKeptFreePages = 1'024;
constexpr std::int64_t kFreeShare = 4;

}  // namespace

Result<std::unique_ptr<Writer>> Writer::start(std::unique_ptr<Connection> connection,
                                              Options options) {
  std::unique_ptr<Writer> writer(new Writer(std::move(connection), options));
  CHECK_OK(writer->rows_.load_totals());
  writer->totals_ = writer->rows_.totals();
  writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
  return writer;
}

Writer::Writer(std::unique_ptr<Connection> connection, Options options)
    : db_(std::move(connection)), options_(options) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    arrival_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool Writer::is_full() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() >= options_.most_waiting ||
         waiting_bytes_ >= static_cast<std::size_t>(options_.most_waiting_bytes.count);
}

void Writer::report(std::function<void()> refuse) {
  const std::lock_guard lock(mutex_);
  reports_.push_back(std::move(refuse));
  arrival_.notify_one();
}

Store::Counts Writer::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::optional<std::string> Writer::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Writer::push(std::unique_ptr<Write> write) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += write->size();
  waiting_.push_back(std::move(write));
  arrival_.notify_one();
}

void Writer::run() {
  Group group;
  std::vector<std::function<void()>> reports;
  while (next(group, reports)) {
    for (const auto& report : reports)
      report();
    if (!group.empty()) commit(group);
    group.clear();
    reports.clear();
    if (sync_due_ && *sync_due_ <= steady_clock::now()) std::ignore = sync();
    tidy_up();
  }
  if (sync_due_) std::ignore = sync();
}

// Waits for work, unless there is some of our own. False: there is none, and none will come.
bool Writer::next(Group& group, std::vector<std::function<void()>>& reports) {
  std::unique_lock lock(mutex_);
  wait_for_work(lock);
  reports.swap(reports_);
  std::size_t bytes = 0;
  while (!waiting_.empty() && group.size() < kGroupSize && bytes < kGroupBytes) {
    bytes += waiting_.front()->size();
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_bytes_ -= bytes;
  return !ending_ || !group.empty() || !reports.empty();
}

void Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto work = [this] {
    return ending_ || shrinking_ || !waiting_.empty() || !reports_.empty();
  };
  if (sync_due_) {
    arrival_.wait_until(lock, *sync_due_, work);
  } else {
    arrival_.wait(lock, work);
  }
}

// Writes a group and reports to each member.
void Writer::commit(Members group) {
  const bool sync = std::any_of(group.begin(), group.end(),
                                [](const auto& write) { return write->sync() == Sync::kBefore; });
  const Status committed = try_commit(group, sync);
  const Fault fault = db_->take_fault();
  if (fault == Fault::kStatement && group.size() > 1) {
    // One write is not possible. Each for itself, only that one fails.
    for (std::size_t i = 0; i < group.size(); ++i)
      commit(group.subspan(i, 1));
    return;
  }
  note(fault, committed);
  if (committed) return report(group, sync);
  for (const auto& write : group)
    write->settle(committed);
}

// A sync takes with it what was committed before.
void Writer::report(Members group, bool synced) {
  for (const auto& write : group) {
    write->tell();
    if (write->sync() == Sync::kAfterwards) write->settle(Ok{});
  }
  if (synced) sync_due_.reset();
  const bool awaited = std::any_of(group.begin(), group.end(), [](const auto& write) {
    return write->sync() == Sync::kBetween;
  });
  if (!synced && !awaited && !sync_due_) sync_due_ = steady_clock::now() + options_.sync_patience;
  const Status status = synced || !awaited ? Status(Ok{}) : sync();
  for (const auto& write : group)
    if (write->sync() != Sync::kAfterwards) write->settle(status);
}

// Makes the disk have all that was committed.
Status Writer::sync() {
  sync_due_.reset();
  const Status status = db_->sync_log();
  std::ignore = db_->take_fault();
  if (!status) give_up(status.error());
  return status;
}

Status Writer::try_commit(Members group, bool sync) {
  if (const auto broken = problem()) return Error{Errc::kUnavailable, *broken, {}};
  Status status = db_->sync_commits(sync);
  if (status) status = Query(begin_).run();
  for (std::size_t i = 0; status && i < group.size(); ++i) {
    group[i]->apply(rows_);
    if (db_->fault() != Fault::kNone) status = db_->fault_error();
  }
  if (status) status = rows_.save_totals();
  if (status) status = Query(commit_).run();
  if (status) {
    rows_.committed();
    const std::lock_guard lock(mutex_);
    totals_ = rows_.totals();
  } else {
    if (db_->in_transaction()) std::ignore = Query(roll_back_).run();
    rows_.rolled_back();
  }
  return status;
}

// Logs how a group went: trouble with the disk when it begins and when it ends, so that the log
// does not fill what is left of it.
void Writer::note(Fault fault, const Status& committed) {
  if (fault == Fault::kFatal) return give_up(committed.error());
  if (fault == Fault::kStatement) {
    log::error("the database refused a write", {
                                                   {"reason", committed.error().message}
    });
  } else if (fault == Fault::kDatabase && !std::exchange(in_trouble_, true)) {
    log::error("the database takes no writes", {
                                                   {"reason", committed.error().message}
    });
  } else if (committed && std::exchange(in_trouble_, false)) {
    log::info("the database takes writes again");
  }
}

// After a failed sync the kernel may have dropped what it could not write and say nothing about it
// the next time, so nothing may be called durable any more.
void Writer::give_up(const Error& reason) {
  db_->distrust_log();
  {
    const std::lock_guard lock(mutex_);
    problem_ = "nothing can be stored until the engine is restarted: " + reason.message;
  }
  log::error("the store has stopped", {
                                          {"reason", reason.message}
  });
}

// What nobody waits for: done between two groups.
void Writer::tidy_up() {
  if (problem()) return;
  shrinking_ = rows_.take_removed() || shrinking_;
  Status status = Ok{};
  if (db_->unsaved_frames() >= kCheckpointFrames) status = db_->checkpoint();
  if (status && shrinking_) status = shrink_a_step();
  if (!status) {
    shrinking_ = false;
    log::warning("the database cannot tidy up", {
                                                    {"reason", status.error().message}
    });
  }
  if (db_->take_fault() == Fault::kFatal) give_up(status.error());
}

// Small steps, since writers wait meanwhile.
Status Writer::shrink_a_step() {
  TRY(const std::int64_t free, db_->number("PRAGMA freelist_count"));
  TRY(const std::int64_t all, db_->number("PRAGMA page_count"));
  shrinking_ = free > kKeptFreePages && free > all / kFreeShare;
  return shrinking_ ? db_->run("PRAGMA incremental_vacuum(1024)") : Status(Ok{});
}

}  // namespace engine::sqlite
