// Which databases the PostgreSQL store takes, and what it says of those that it does not.
#include <latch>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "store/test_postgres.h"

namespace engine {
namespace {

class PostgresOpen : public PostgresTest {
 protected:
  void expect_refused(Errc code, const std::vector<std::string>& words) {
    const auto made = make();
    ASSERT_FALSE(made);
    const std::string& message = made.error().message;
    EXPECT_EQ(made.error().code, code) << message;
    for (const std::string& word : words)
      EXPECT_NE(message.find(word), std::string::npos) << message << " lacks " << word;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  // The shared server has it once; later calls find it there.
  void make_guarded() {
    sql("DO $$ BEGIN CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right';"
        " EXCEPTION WHEN duplicate_object THEN END $$");
  }
};

TEST_F(PostgresOpen, TheRightPasswordLetsIn) {
  make_guarded();
  options_.url = server_.url(database_, "guarded:right");
  EXPECT_TRUE(make());
}

TEST_F(PostgresOpen, AWrongPasswordIsSaidSo) {
  make_guarded();
  options_.url = server_.url(database_, "guarded:secret");
  expect_refused(Errc::kInvalid, {database_, "password authentication failed", "correct"});
}

TEST_F(PostgresOpen, AMissingPasswordIsSaidSo) {
  make_guarded();
  options_.url = server_.url(database_, "guarded");
  expect_refused(Errc::kInvalid, {database_, "password", "correct"});
}

TEST_F(PostgresOpen, ADatabaseThatIsNotThereIsSaidSo) {
  options_.url = server_.url("nowhere", "engine:secret");
  expect_refused(Errc::kInvalid, {"'nowhere'", "does not exist", "make it"});
}

TEST_F(PostgresOpen, AnUnknownUserIsSaidSo) {
  options_.url = server_.url(database_, "stranger:secret");
  expect_refused(Errc::kInvalid, {database_, "stranger", "correct the user"});
}

TEST_F(PostgresOpen, AServerThatIsNotThereIsSaidSo) {
  const TestDirectory empty;
  options_.url = "postgres://engine:secret@/db?host=" + empty.path();
  expect_refused(Errc::kUnavailable, {"'db'", empty.path(), "cannot be reached", "start it"});
}

TEST_F(PostgresOpen, AServerThatSaysNothingIsSaidSo) {
  const TestDirectory directory;
  const Fd deaf(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = directory.path() + "/.s.PGSQL.5432";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(deaf.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(deaf.get(), 1), 0);
  options_.url = "postgres://engine:secret@/db?host=" + directory.path();
  options_.connect_timeout = Milliseconds{50};
  expect_refused(Errc::kUnavailable, {"'db'", directory.path(), "no answer in time"});
}

TEST_F(PostgresOpen, AUrlThatIsNoneNeverShowsItsPassword) {
  for (const std::string url :
       {"", "postgres://", "nonsense", "postgres://user:sec ret@host/db", "postgres://u:secret",
        "postgres://u:secret@host:port/db", "postgres://u:12/secret@host/db",
        "postgres://u:a@secret@host/db", "postgres://u:12?secret@host/db",
        "postgres://u:se%zzcret@host/db", "postgres://u:secret@host/db?nonsense=1"}) {
    options_.url = url;
    options_.connect_timeout = Milliseconds{100};
    const auto made = make();
    ASSERT_FALSE(made) << url;
    EXPECT_EQ(made.error().message.find("secret"), std::string::npos) << made.error().message;
  }
  options_.url = "postgres://u:12/secret@host/db";
  expect_refused(Errc::kInvalid, {"not well-formed"});
}

TEST_F(PostgresOpen, ALaterSchemaIsRefused) {
  open();
  store_.reset();
  sql("UPDATE engine_schema SET version = 1000");
  expect_refused(Errc::kInvalid, {database_, "later version"});
}

TEST_F(PostgresOpen, AnotherProgramsTablesAreLeftAlone) {
  sql("CREATE TABLE submissions (mine integer)");
  expect_refused(Errc::kInternal, {database_, "already exists"});
  EXPECT_EQ(sql("SELECT count(*) FROM submissions"), "0");
}

TEST_F(PostgresOpen, ADatabaseThatCannotHoldEveryCharacterIsRefused) {
  server_.drop_database(database_);
  server_.make_database(database_, " ENCODING 'LATIN1' TEMPLATE template0");
  expect_refused(Errc::kInvalid, {database_, "UTF8"});
}

TEST_F(PostgresOpen, ManyProcessesMayMakeTheSchemaAtOnce) {
  constexpr int kStores = 6;
  std::latch together(kStores);
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kStores; ++i) {
      threads.emplace_back([&] {
        together.arrive_and_wait();
        const auto store = make();
        EXPECT_TRUE(store) << store.error().message;
        if (store && insert(**store, test_submission())) ++made;
      });
    }
  }
  EXPECT_EQ(made, kStores);
  EXPECT_EQ(sql("SELECT count(*) FROM engine_schema"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM submissions"), std::to_string(kStores));
}

TEST_F(PostgresOpen, AnOldServersLaxDefaultIsMadeDurable) {
  sql("ALTER DATABASE \"" + database_ + "\" SET synchronous_commit = off");
  open();
  // What the store's own sessions have, as one of them says.
  sql("CREATE TABLE seen (setting text)");
  sql("CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$");
  sql("CREATE TRIGGER look AFTER INSERT ON submissions EXECUTE FUNCTION look()");
  ASSERT_TRUE(insert(*store_, test_submission()));
  EXPECT_EQ(sql("SELECT setting FROM seen"), "on");
}

}  // namespace
}  // namespace engine
