#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/testing/fake_clock.h"
#include "engine/testing/fake_queue.h"
#include "engine/testing/fake_store.h"
#include "engine/testing/fakes.h"
#include "engine/testing/listener.h"

namespace engine::testing {

// bash and java are usable; go is not.
inline Languages test_languages() {
  std::vector<Language> list(3);
  list[0] = {.id = "bash", .aliases = {"sh"}, .extensions = {"sh"}, .source = "main.sh"};
  list[1] = {.id = "go", .extensions = {"go"}, .source = "main.go"};
  list[2] = {.id = "java",
             .extensions = {"java"},
             .source = "Main.java",
             .source_from = "java-class",
             .artefacts = {"a.jar"},
             .allowed_options = {"-Xlint"}};
  Languages languages(std::move(list));
  for (auto& entry : languages.all()) {
    if (entry.language.id == "go") {
      entry.problem = "install the package golang-go";
    } else {
      entry.version = "1";
    }
  }
  return languages;
}

// Quick enough for tests that wait for a retry or for a lost lease.
inline EngineOptions test_options() {
  EngineOptions options;
  options.slots = 2;
  options.retry_pause = Milliseconds{1};
  options.renew_interval = Milliseconds{1};
  options.small_outputs = Bytes{0};  // What comes out goes to Output.
  return options;
}

inline SubmissionRequest bash(std::string source = "echo hello\n") {
  SubmissionRequest request;
  request.language = "bash";
  request.files.push_back({"", std::move(source)});
  return request;
}

// Answers of submit(), waited for.
class Answer {
 public:
  Engine::OnAccepted callback() {
    return [this](Result<Engine::Accepted> answer) {
      const std::lock_guard lock(mutex_);
      answer_ = std::move(answer);
      gate_.arrive();
    };
  }
  Result<Engine::Accepted> wait() {
    if (!gate_.wait_for_arrivals(1)) return Error{Errc::kInternal, "no answer came", {}};
    const std::lock_guard lock(mutex_);
    return answer_;
  }
  bool came() const { return gate_.arrived() > 0; }

 private:
  Gate gate_;
  std::mutex mutex_;  // Guards answer_.
  Result<Engine::Accepted> answer_;
};

// An engine among fakes. The engine is the last member: it goes first.
struct House {
  explicit House(EngineOptions options = test_options(), Spool* spool_to_use = nullptr,
                 const Wire* wire_to_use = nullptr)
      : spool(spool_to_use),
        wire(wire_to_use),
        engine(std::make_unique<Engine>(ports(), std::move(options))) {}

  Engine::Ports ports() {
    return {.store = store,
            .queue = queue,
            .output = output,
            .spool = spool,
            .runner = runner,
            .fetcher = fetcher,
            .links = &links,
            .wire = wire,
            .languages = languages,
            .clock = clock,
            .metrics = metrics,
            .new_id = [this] { return SubmissionId{"id-" + std::to_string(++ids)}; }};
  }

  Result<Engine::Accepted> submit(SubmissionRequest request,
                                  std::optional<IdempotencyKey> key = {}) {
    Answer answer;
    engine->submit(std::move(request), owner, std::move(key), answer.callback());
    return answer.wait();
  }

  // Submits what must be accepted.
  SubmissionId accept(SubmissionRequest request = bash()) {
    auto accepted = submit(std::move(request));
    return accepted ? accepted->id : SubmissionId{accepted.error().message};
  }

  std::unique_ptr<Engine::Subscription> listen(const SubmissionId& id, EventLog& log) {
    auto subscription = engine->subscribe(id, owner, log.listener());
    return subscription ? *std::move(subscription) : nullptr;
  }

  // The answer to a submission, waited for.
  std::shared_ptr<const Record> result(const SubmissionId& id) {
    EventLog log;
    const auto subscription = listen(id, log);
    return subscription ? log.final_record() : nullptr;
  }

  State state(const SubmissionId& id) {
    const auto record = store.find(id);
    return record ? record->state : State::kCancelled;
  }

  Spool* spool;
  const Wire* wire;
  FakeClock clock;
  FakeStore store{clock};
  FakeQueue queue;
  FakeOutput output;
  LinkSigner links{"key", "http://host", clock};
  FakeRunner runner;
  FakeFetcher fetcher;
  Languages languages = test_languages();
  Metrics metrics;
  OwnerId owner{"ann"};
  std::atomic<int> ids = 0;
  std::unique_ptr<Engine> engine;
};

}  // namespace engine::testing
