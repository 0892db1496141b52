#pragma once

#include <optional>
#include <string>

#include "engine/engine.h"
#include "engine/errands.h"
#include "engine/in_flight.h"
#include "engine/reconciler.h"
#include "engine/retention.h"

namespace engine {

// Takes submissions in: makes them durable, queues them, and answers; a request that was accepted
// before with the same key is answered as then, whether or not there is room for new ones.
class Intake {
 public:
  // All outlive it.
  Intake(const Engine::Ports& ports, Errands& errands, Reconciler& reconciler,
         Retention& retention);

  // As Engine::submit(), when the request has been admitted.
  void insert(Submission submission, std::optional<IdempotencyKey> key,
              Engine::OnAccepted on_accepted);

  // What tells a request from another.
  struct Repeat {
    OwnerId owner;
    std::optional<IdempotencyKey> key;
  };
  // There is no room, as `why` says; what was accepted before needs none.
  void refuse(Repeat repeat, const Error& why, const Engine::OnAccepted& on_accepted);

  void wait();  // Until nothing is under way.

 private:
  // On the store's thread: nothing in these waits for a disk.
  void push(const Queue::Item& item);
  void on_inserted(const std::string& language, const Repeat& repeat,
                   const Result<Store::Inserted>& inserted, const Engine::OnAccepted& on_accepted);
  void answer_repeated(const SubmissionId& id, const Engine::OnAccepted& on_accepted);
  void tell_of_repeated(const SubmissionId& id, const Engine::OnAccepted& on_accepted);

  const Engine::Ports& ports_;
  Errands& errands_;
  Reconciler& reconciler_;
  Retention& retention_;
  InFlight under_way_;
};

}  // namespace engine
