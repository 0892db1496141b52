// Which databases the PostgreSQL store takes, and what it says of those that it does not.
#include <latch>
#include <thread>
#include <tuple>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "store/migrations.h"
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

TEST_F(PostgresOpen, DebtsOfAnEarlierVersionAreKept) {
  constexpr std::size_t kBeforeNumbers = 2;
  for (const std::string_view step : kPostgresMigrations.first(kBeforeNumbers))
    sql(std::string(step));
  sql("INSERT INTO owed (id) VALUES ('b'), ('a');"
      "CREATE TABLE engine_schema (version integer NOT NULL);"
      "INSERT INTO engine_schema VALUES (" +
      std::to_string(kBeforeNumbers) + ")");
  open();
  const auto owed = store_->owed({}, 10);
  ASSERT_EQ(owed->size(), 2U);
  EXPECT_EQ(owed->front().id, SubmissionId{"a"});
  ASSERT_TRUE(store_->paid({owed->front()}));
  EXPECT_EQ(*store_->owed({}, 10), (std::vector{owed->back()}));
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

// Something that listens where a server should be.
class Impostor {
 public:
  Impostor() {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string path = directory_.path() + "/.s.PGSQL.5432";
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
  }
  // To each of `times` clients.
  void say(const std::string& words, int times) {
    speaker_ = std::jthread([this, words, times] {
      for (int i = 0; i < times; ++i) {
        const Fd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ::send(client.get(), words.data(), words.size(), MSG_NOSIGNAL);
        char request[1024];
        std::ignore = ::read(client.get(), request, sizeof(request));
      }
    });
  }
  std::string url() const { return "postgres://engine:secret@/db?host=" + directory_.path(); }

 private:
  TestDirectory directory_;
  const Fd socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::jthread speaker_;
};

TEST_F(PostgresOpen, AServerThatSaysNothingIsSaidSo) {
  const Impostor deaf;
  options_.url = deaf.url();
  options_.connect_timeout = Milliseconds{50};
  expect_refused(Errc::kUnavailable, {"'db'", "no answer in time"});
}

TEST_F(PostgresOpen, AServerOfAnotherKindIsSaidSo) {
  using namespace std::string_literals;
  for (const std::string& words :
       {"HTTP/1.1 400 Bad Request\r\n\r\n"s, "R\xff\xff\xff\xff\0\0\0\0"s, "E\0\0\0\x0bSFATAL"s,
        std::string(100'000, '\xee'), ""s}) {
    Impostor impostor;
    impostor.say(words, 1);
    options_.url = impostor.url();
    options_.connect_timeout = Milliseconds{500};
    expect_refused(Errc::kUnavailable, {"'db'", "cannot be reached"});
  }
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

TEST_F(PostgresOpen, AUserWhoMayMakeNoTablesIsSaidSo) {
  sql("DO $$ BEGIN CREATE ROLE visitor LOGIN;"
      " EXCEPTION WHEN duplicate_object THEN END $$");
  options_.url = server_.url(database_, "visitor");
  expect_refused(Errc::kInvalid, {database_, "permission denied", "own the database"});
}

TEST_F(PostgresOpen, AServerWithTooFewConnectionsIsSaidSo) {
  sql("ALTER DATABASE \"" + database_ + "\" CONNECTION LIMIT 4");
  sql("DO $$ BEGIN CREATE ROLE owner LOGIN;"
      " EXCEPTION WHEN duplicate_object THEN END $$");
  sql("ALTER DATABASE \"" + database_ + "\" OWNER TO owner");
  options_.url = server_.url(database_, "owner");
  expect_refused(Errc::kUnavailable, {database_, "too many connections"});
  options_.connections = 2;
  EXPECT_TRUE(make());
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
