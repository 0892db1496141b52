#include "store/postgres_duties.h"
#include "store/postgres_pool.h"
#include "store/postgres_reads.h"
#include "store/postgres_rows.h"
#include "store/postgres_schema.h"
#include "store/postgres_writer.h"
#include "store/refusals.h"
#include "store/store.h"

namespace engine {
namespace {

using postgres::Connection;
using postgres::is_text;

class PostgresStore final : public Store {
 public:
  PostgresStore(const PostgresOptions& options, const postgres::Server& server,
                std::unique_ptr<postgres::Pool> pool, const Clock& clock)
      : clock_(clock),
        pool_(std::move(pool)),
        duties_(server),
        writer_(*pool_, {.most_waiting = options.most_waiting,
                         .most_waiting_bytes = options.most_waiting_bytes,
                         .patience = options.connect_timeout}) {}

  void insert(Submission submission, std::optional<IdempotencyKey> key, OnReadable on_readable,
              OnInserted on_inserted) override {
    if (auto refusal = refuse(submission, key)) {
      return writer_.report(
          [refused = *std::move(refusal), done = std::move(on_inserted)] { done(refused); });
    }
    // A commit is readable when it is durable, not before.
    auto done = [on_readable = std::move(on_readable),
                 on_inserted = std::move(on_inserted)](Result<Inserted> inserted) {
      if (on_readable && inserted && !inserted->existed) on_readable();
      on_inserted(std::move(inserted));
    };
    writer_.insert(new_row(submission, std::move(key), clock_.wall()), std::move(done));
  }

  Result<SubmissionId> find_repeated(const OwnerId& owner, const IdempotencyKey& key) override {
    return pool_->with_retry(
        [&](Connection& db, bool) { return postgres::find_repeated(db, owner, key); });
  }

  Result<Record> find(const SubmissionId& id) override {
    return of(id, [&](Connection& db, bool) { return postgres::find(db, id); });
  }

  Result<Submission> load(const SubmissionId& id) override {
    return of(id, [&](Connection& db, bool) { return postgres::load(db, id); });
  }

  Result<Record> start(const SubmissionId& id) override {
    return of(id, [&, now = clock_.wall()](Connection& db, bool again) {
      return postgres::start(db, id, now, again);
    });
  }

  void finish(const SubmissionId& id, int attempt, Outcome outcome, std::vector<Object> objects,
              OnFinished on_finished) override {
    if (!is_text(id.text)) {
      return writer_.report([done = std::move(on_finished)] { done(refusals::not_found()); });
    }
    writer_.finish({id, attempt, clock_.wall(), new_outcome(outcome, std::move(objects))},
                   std::move(on_finished));
  }

  Status give_back(const SubmissionId& id, int attempt) override {
    return of(id, [&](Connection& db, bool again) {
      return postgres::give_back(db, id, attempt, again);
    });
  }

  Status cancel(const SubmissionId& id) override {
    return of(id, [&, now = clock_.wall()](Connection& db, bool again) {
      return postgres::cancel(db, id, now, again);
    });
  }

  Result<std::string> object(const SubmissionId& id, int attempt,
                             const std::string& name) override {
    if (!is_text(name)) return refusals::no_such_output();
    return of(id, [&](Connection& db, bool) { return postgres::object(db, id, attempt, name); });
  }

  Result<std::vector<Unfinished>> unfinished(const SubmissionId& after, int limit) override {
    return of(after, [&](Connection& db, bool) { return postgres::unfinished(db, after, limit); });
  }

  // Not asked twice: what was removed is said once.
  Result<std::vector<SubmissionId>> expire(WallTime before, Bytes keep, int limit) override {
    return pool_->with([&](Connection& db) { return postgres::expire(db, before, keep, limit); });
  }

  Result<std::vector<Debt>> owed(const SubmissionId& after, int limit) override {
    return pool_->with_retry(
        [&](Connection& db, bool) { return postgres::owed(db, after, limit); });
  }

  Status paid(const std::vector<Debt>& debts) override {
    return pool_->with_retry([&](Connection& db, bool) { return postgres::paid(db, debts); });
  }

  Result<Counts> counts() override {
    return pool_->with_retry([](Connection& db, bool) { return postgres::counts(db); });
  }

  Status announce(const WorkerNotice& worker) override {
    if (!is_text(worker.id) || !is_text(worker.host)) return not_text("a worker's name");
    return pool_->with_retry([&](Connection& db, bool) { return postgres::announce(db, worker); });
  }

  Status retire(const std::string& worker) override {
    if (!is_text(worker)) return Ok{};
    return pool_->with_retry([&](Connection& db, bool) { return postgres::retire(db, worker); });
  }

  Result<std::vector<WorkerNotice>> workers(Milliseconds within) override {
    return pool_->with_retry([&](Connection& db, bool) { return postgres::workers(db, within); });
  }

  Result<bool> lead(const std::string& duty) override { return duties_.lead(duty); }

  std::optional<std::string> problem() const override { return pool_->problem(); }

 private:
  // Asks about one submission. An id that is no text belongs to none.
  template <typename Use>
  auto of(const SubmissionId& id, Use use) -> std::invoke_result_t<Use&, Connection&, bool> {
    if (!is_text(id.text)) return refusals::not_found();
    return pool_->with_retry(std::move(use));
  }

  static Error not_text(const std::string& what) {
    return {Errc::kInvalid, what + " must be UTF-8 without NUL", {}};
  }

  std::optional<Error> refuse(const Submission& submission,
                              const std::optional<IdempotencyKey>& key) const {
    if (!is_text(submission.id.text)) return not_text("a submission's id");
    if (!is_text(submission.owner.text)) return not_text("an owner's name");
    if (!is_text(submission.language)) return not_text("a language's name");
    if (key && !is_text(key->key)) return not_text("an idempotency key");
    if (writer_.is_full()) return refusals::is_full();
    return std::nullopt;
  }

  const Clock& clock_;
  const std::unique_ptr<postgres::Pool> pool_;
  postgres::Duties duties_;
  postgres::Writer writer_;  // Last: it ends first, and uses the others until then.
};

}  // namespace

Result<std::unique_ptr<Store>> make_postgres_store(PostgresOptions options, const Clock& clock) {
  TRY(const auto server, postgres::Server::parse(options));
  CHECK_OK(postgres::migrate(server));
  TRY(auto pool, postgres::Pool::open(server, options.connections));
  return std::unique_ptr<Store>(
      std::make_unique<PostgresStore>(options, server, std::move(pool), clock));
}

}  // namespace engine
