#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "queue/queue.h"
#include "queue/testing/patience.h"
#include "queue/testing/redis_server.h"

namespace engine::testing {

// A BullMQ queue on a Redis, and what can be done to its keys behind its back.
class BullmqFixture : public ::testing::Test {
 protected:
  explicit BullmqFixture(const RedisServer& server = RedisServer::shared()) : server_(server) {}

  BullmqOptions options() const { return {.url = server_.url(name_)}; }

  std::unique_ptr<Queue> make(const BullmqOptions& options) const {
    auto queue = make_bullmq_queue(options);
    EXPECT_TRUE(queue) << queue.error().message;
    return queue ? *std::move(queue) : nullptr;
  }
  std::unique_ptr<Queue> make() const { return make(options()); }

  redis::Reply ask(redis::Command command) const { return server_.ask(std::move(command)); }
  std::string key(const std::string& suffix) const { return "bull:" + name_ + ":" + suffix; }
  std::string job(const std::string& id, const std::string& field) const {
    return ask({"HGET", key(id), field}).text;
  }
  bool is_in(const std::string& set, const std::string& id) const {
    return ask({"ZSCORE", key(set), id}).is_text();
  }

  // As a stranger would.
  void add(const std::string& id, const std::string& data, const std::string& opts = "{}") const {
    ask({"HSET", key(id), "name", "anything", "data", data, "opts", opts, "timestamp",
         "1700000000000", "delay", "0", "priority", "0"});
    ask({"LPUSH", key("wait"), id});
    ask({"ZADD", key("marker"), "0", "0"});
  }

  static Queue::Lease take(Queue& queue, Milliseconds patience = kNow) {
    auto lease = queue.take(patience);
    EXPECT_TRUE(lease) << lease.error().message;
    return lease ? *lease : Queue::Lease{};
  }
  static Queue::Place look(Queue& queue, const SubmissionId& id) {
    const auto places = queue.look({id});
    EXPECT_TRUE(places && places->size() == 1);
    return places ? places->front() : Queue::Place{};
  }

  const RedisServer& server_;
  const std::string name_ = "test-" + random_uuid();
};

}  // namespace engine::testing
