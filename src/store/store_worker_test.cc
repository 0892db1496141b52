// The contract of Store: who works, and who leads.
#include <gtest/gtest.h>

#include "store/store_contract.h"

namespace engine {
namespace {

using namespace std::string_literals;
using std::chrono::minutes;

class StoreWorkers : public StoreContract {
 protected:
  static WorkerNotice notice(const std::string& id) {
    return {
        .id = id,
        .host = "host-of-" + id,
        .slots = 4,
        .languages = {{"cpp", "g++ 12"}, {"python", "3.11"}}
    };
  }
  std::vector<WorkerNotice> heard_of() {
    const auto workers = store_->workers(minutes{1});
    EXPECT_TRUE(workers) << workers.error().message;
    return workers ? *workers : std::vector<WorkerNotice>{};
  }
};

TEST_P(StoreWorkers, NobodyIsThereBeforeSomebodySaysSo) {
  EXPECT_TRUE(heard_of().empty());
}

TEST_P(StoreWorkers, WhoAnnouncesItselfIsHeardOf) {
  ASSERT_TRUE(store_->announce(notice("b")));
  ASSERT_TRUE(store_->announce(notice("a")));
  EXPECT_EQ(heard_of(), (std::vector{notice("a"), notice("b")}));
}

TEST_P(StoreWorkers, WhatWasSaidLastHolds) {
  WorkerNotice changed = notice("a");
  ASSERT_TRUE(store_->announce(changed));
  changed.host = "elsewhere";
  changed.slots = 0;
  changed.languages = {};
  ASSERT_TRUE(store_->announce(changed));
  EXPECT_EQ(heard_of(), (std::vector{changed}));
}

TEST_P(StoreWorkers, WhoRetiresIsGone) {
  ASSERT_TRUE(store_->announce(notice("a")));
  ASSERT_TRUE(store_->announce(notice("b")));
  ASSERT_TRUE(store_->retire("a"));
  EXPECT_EQ(heard_of(), (std::vector{notice("b")}));
  EXPECT_TRUE(store_->retire("a"));
  EXPECT_TRUE(store_->retire("nobody"));
}

TEST_P(StoreWorkers, VersionsMayBeAnyBytes) {
  WorkerNotice odd = notice("a'); DROP TABLE workers; --");
  odd.languages = {
      {"cpp", "\xff\0\x80"s}
  };
  ASSERT_TRUE(store_->announce(odd));
  EXPECT_EQ(heard_of(), (std::vector{odd}));
}

TEST_P(StoreWorkers, WorkersOutliveARestart) {
  ASSERT_TRUE(store_->announce(notice("a")));
  open();
  EXPECT_EQ(heard_of(), (std::vector{notice("a")}));
}

TEST_P(StoreWorkers, WhoIsAloneLeads) {
  EXPECT_TRUE(*store_->lead("reconciler"));
  EXPECT_TRUE(*store_->lead("retention"));
  EXPECT_TRUE(*store_->lead("reconciler"));
  open();
  EXPECT_TRUE(*store_->lead("reconciler"));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreWorkers, store_backends(),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
