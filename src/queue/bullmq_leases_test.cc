#include "queue/bullmq_leases.h"

#include <future>

#include <gtest/gtest.h>

#include "queue/testing/patience.h"

namespace engine::bullmq {
namespace {

class LeasesNotes : public ::testing::Test {
 protected:
  Leases leases_{Milliseconds{30'000}, system_clock()};
  const Queue::Ticket ticket_ =
      leases_.add({.job = {.id = "a"}, .submission = {"a"}, .is_strangers = false});
};

TEST_F(LeasesNotes, AreTakenOnce) {
  leases_.note_line(ticket_, "one");
  EXPECT_TRUE(leases_.note_progress(ticket_, "1"));
  EXPECT_FALSE(leases_.note_progress(ticket_, "2"));
  const auto notes = leases_.take_notes(ticket_);
  ASSERT_TRUE(notes);
  EXPECT_EQ(notes->lines, std::vector<std::string>{"one"});
  EXPECT_EQ(notes->progress, "2");
  EXPECT_FALSE(leases_.take_notes(ticket_));
  EXPECT_TRUE(leases_.take_all_notes().empty());
}

TEST_F(LeasesNotes, TheEndWaitsUntilThoseBeforeItAreTold) {
  leases_.note_line(ticket_, "one");
  const auto first = leases_.take_all_notes();
  ASSERT_EQ(first.size(), 1U);
  leases_.note_line(ticket_, "two");
  auto end = std::async(std::launch::async, [&] { return leases_.take_notes(ticket_); });
  EXPECT_EQ(end.wait_for(Milliseconds{50}), std::future_status::timeout);
  leases_.told(first);
  const auto rest = end.get();
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->lines, std::vector<std::string>{"two"});
}

TEST_F(LeasesNotes, OfAJobThatIsGoneKeepNobodyWaiting) {
  leases_.note_line(ticket_, "one");
  const auto notes = leases_.take_all_notes();
  auto end = std::async(std::launch::async, [&] { return leases_.take_notes(ticket_); });
  leases_.erase(ticket_);
  leases_.told(notes);
  EXPECT_FALSE(end.get());
}

}  // namespace
}  // namespace engine::bullmq
