#include "engine/intake.h"

#include <utility>

#include "base/log.h"

namespace engine {
namespace {

// Inserts under way; the store has its own, lower, limit and says so by kOverloaded.
constexpr std::size_t kMostInserting = 1'000'000;

}  // namespace

Intake::Intake(const Engine::Ports& ports, Errands& errands, Reconciler& reconciler,
               Retention& retention)
    : ports_(ports),
      errands_(errands),
      reconciler_(reconciler),
      retention_(retention),
      under_way_(kMostInserting) {}

void Intake::wait() {
  under_way_.wait_for_none();
}

void Intake::insert(Submission submission, std::optional<IdempotencyKey> key,
                    Engine::OnAccepted on_accepted) {
  auto on_readable = [this, item = Queue::Item{submission.id, submission.priority,
                                               submission.delay}] { push(item); };
  auto on_inserted_here = [this, language = submission.language,
                           repeat = Repeat{submission.owner, key},
                           on_accepted = std::move(on_accepted),
                           token = under_way_.begin()](const Result<Store::Inserted>& inserted) {
    on_inserted(language, repeat, inserted, on_accepted);
  };
  ports_.store.insert(std::move(submission), std::move(key), std::move(on_readable),
                      std::move(on_inserted_here));
}

// On the store's thread: nothing here waits for a disk. Whatever becomes of the push, the
// submission is accepted when it is durable.
void Intake::push(const Queue::Item& item) {
  const auto pushed = ports_.queue.push(item);
  if (pushed) return;
  log::warning("a submission will be queued later",
               {
                   {"submission", item.submission.text  },
                   {"reason",     pushed.error().message}
  });
  reconciler_.behind();
}

// On the store's thread, as well.
void Intake::on_inserted(const std::string& language, const Repeat& repeat,
                         const Result<Store::Inserted>& inserted,
                         const Engine::OnAccepted& on_accepted) {
  if (!inserted && inserted.error().code == Errc::kOverloaded) {
    retention_.wake();
    return refuse(repeat, inserted.error(), on_accepted);
  }
  if (!inserted) return on_accepted(inserted.error());
  if (inserted->existed) return answer_repeated(inserted->id, on_accepted);
  ports_.metrics.submission_accepted(language);
  on_accepted(Engine::Accepted{.id = inserted->id});
}

// For want of room; what was accepted before takes none.
void Intake::refuse(Repeat repeat, const Error& why, const Engine::OnAccepted& on_accepted) {
  if (!repeat.key) return on_accepted(why);
  auto look_up = [this, repeat = std::move(repeat), why, on_accepted] {
    const auto known = ports_.store.find_repeated(repeat.owner, *repeat.key);
    if (!known) return on_accepted(known.error().code == Errc::kConflict ? known.error() : why);
    tell_of_repeated(*known, on_accepted);
  };
  if (!errands_.post(std::move(look_up))) on_accepted(why);
}

void Intake::answer_repeated(const SubmissionId& id, const Engine::OnAccepted& on_accepted) {
  auto look_up = [this, id, on_accepted] { tell_of_repeated(id, on_accepted); };
  if (!errands_.post(std::move(look_up))) {
    on_accepted(Error{Errc::kOverloaded, "too many repeated requests wait", {}});
  }
}

void Intake::tell_of_repeated(const SubmissionId& id, const Engine::OnAccepted& on_accepted) {
  const auto record = ports_.store.find(id);
  if (!record) return on_accepted(record.error());
  on_accepted(Engine::Accepted{.id = id, .state = record->state, .existed = true});
}

}  // namespace engine
