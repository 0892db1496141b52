#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/sqlite_connection.h"
#include "store/store.h"

namespace engine::sqlite {

// One connection that only reads, with its statements. It sees what was committed before the call.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> open(const std::string& path);

  Result<SubmissionId> find_repeated(const OwnerId& owner, const IdempotencyKey& key);
  Result<Record> find(const SubmissionId& id);
  Result<Submission> load(const SubmissionId& id);
  Result<std::string> object(const SubmissionId& id, int attempt, const std::string& name);
  Result<std::vector<Unfinished>> unfinished(const SubmissionId& after, int limit);
  Result<std::vector<Debt>> owed(const SubmissionId& after, int limit);
  Result<std::vector<WorkerNotice>> workers(WallTime since);

 private:
  explicit Reader(std::unique_ptr<Connection> connection) : db_(std::move(connection)) {}
  Result<std::int64_t> position_of(const SubmissionId& id);

  const std::unique_ptr<Connection> db_;
  Statement repeated_{*db_,
                      "SELECT id, digest FROM submissions"
                      " WHERE owner = ? AND idempotency_key = ?"};
  Statement find_{*db_,
                  "SELECT owner, language, state, attempt, priority, test_names, created_at,"
                  " started_at, finished_at, outcomes.body"
                  " FROM submissions LEFT JOIN outcomes USING (sequence) WHERE id = ?"};
  Statement load_{*db_, "SELECT body FROM submissions JOIN requests USING (sequence) WHERE id = ?"};
  Statement object_{*db_,
                    "SELECT objects.bytes FROM submissions JOIN objects USING (sequence)"
                    " WHERE id = ? AND attempt = ? AND name = ?"};
  Statement position_{*db_, "SELECT sequence FROM submissions WHERE id = ?"};
  Statement unfinished_{*db_,
                        "SELECT id, state, attempt, priority, due FROM submissions"
                        " INDEXED BY unfinished WHERE finished_at IS NULL AND sequence > ?"
                        " ORDER BY sequence LIMIT ?"};
  Statement owed_{*db_, "SELECT id, number FROM owed WHERE id > ? ORDER BY id LIMIT ?"};
  Statement workers_{*db_,
                     "SELECT id, host, slots, languages FROM workers WHERE heard_at >= ?"
                     " ORDER BY id"};
};

// Lends readers to threads; who finds none waits.
class Readers {
 public:
  static Result<std::unique_ptr<Readers>> open(const std::string& path, int count);

  template <typename Read>
  auto with(Read read) {
    const Loan loan(*this);
    return read(*loan.reader);
  }

 private:
  struct Loan {
    explicit Loan(Readers& lender) : readers(lender), reader(lender.borrow()) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { readers.give_back(std::move(reader)); }
    Readers& readers;
    std::unique_ptr<Reader> reader;
  };
  std::unique_ptr<Reader> borrow();
  void give_back(std::unique_ptr<Reader> reader);

  std::mutex mutex_;  // Guards all below.
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> free_;
};

}  // namespace engine::sqlite
