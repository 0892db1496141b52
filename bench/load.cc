// Loads the HTTP API over many kept connections, each with one request under way.
//
//   load PORT CONNECTIONS COUNT post BODY-FILE IDS-FILE
//     submits the body COUNT times; writes the ids, one a line, and checks that all differ
//   load PORT CONNECTIONS COUNT get IDS-FILE
//     asks for the state of COUNT of those ids, spread over the file
//
// Prints one line of JSON: seconds, latencies in nanoseconds (p10, p50, p99, max), and how many
// answers were wrong.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"

namespace {

using Clock = std::chrono::steady_clock;
using bench::fail;

std::string id_of(const std::string& body) {
  constexpr std::string_view kBefore = "\"id\":\"";
  const std::size_t start = body.find(kBefore);
  if (start == std::string::npos) return "";
  const std::size_t from = start + kBefore.size();
  return body.substr(from, body.find('"', from) - from);
}

// What is asked, and what must come back.
class Work {
 public:
  virtual ~Work() = default;
  virtual const std::string& request(std::size_t number) = 0;
  virtual bool good(const bench::Answer& answer) = 0;
};

class Submit final : public Work {
 public:
  explicit Submit(const std::string& body) : request_(bench::post("/api/v1/submissions", body)) {}
  const std::string& request(std::size_t) override { return request_; }
  bool good(const bench::Answer& answer) override {
    if (answer.status != 201) return false;
    const std::string id = id_of(answer.body);
    return !id.empty() && ids_.insert(id).second;
  }
  void write(const std::string& path) const {
    std::ofstream out(path);
    for (const std::string& id : ids_)
      out << id << '\n';
    if (!out.flush()) fail(path + " cannot be written");
  }

 private:
  std::string request_;
  std::unordered_set<std::string> ids_;
};

class Ask final : public Work {
 public:
  Ask(std::vector<std::string> ids, std::size_t count) : ids_(std::move(ids)), count_(count) {
    if (ids_.empty()) fail("no ids to ask for");
  }
  const std::string& request(std::size_t number) override {
    request_ = bench::get("/api/v1/submissions/" + ids_[number * ids_.size() / count_]);
    return request_;
  }
  bool good(const bench::Answer& answer) override {
    return answer.status == 200 && answer.body.find("\"state\":\"queued\"") != std::string::npos;
  }

 private:
  std::vector<std::string> ids_;
  std::size_t count_;
  std::string request_;
};

struct Connection {
  int socket = -1;
  Clock::time_point sent;
  std::string received;
};

class Load {
 public:
  Load(int port, std::size_t connections, std::size_t count, Work& work)
      : count_(count), work_(work), connections_(connections), epoll_(::epoll_create1(0)) {
    latencies_.reserve(count);
    for (Connection& connection : connections_) {
      connection.socket = bench::connect_to(port);
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) fail("epoll_ctl");
    }
  }

  void run() {
    const auto start = Clock::now();
    for (Connection& connection : connections_)
      send_next(connection);
    epoll_event events[64];
    while (latencies_.size() < count_) {
      const int ready = ::epoll_wait(epoll_, events, 64, 30'000);
      if (ready <= 0) fail("no answer within 30 s");
      for (int i = 0; i < ready; ++i)
        receive(*static_cast<Connection*>(events[i].data.ptr));
    }
    seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
  }

  void print() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double share) {
      return static_cast<long long>(
          latencies_[static_cast<std::size_t>(share * static_cast<double>(count_ - 1))]);
    };
    std::printf(
        "{\"n\":%zu,\"seconds\":%.6f,\"p10\":%lld,\"p50\":%lld,\"p99\":%lld,\"max\":%lld,"
        "\"wrong\":%zu}\n",
        count_, seconds_, at(0.10), at(0.50), at(0.99), at(1.0), wrong_);
  }

 private:
  void send_next(Connection& connection) {
    if (next_ == count_) return;
    const std::string& request = work_.request(next_++);
    connection.sent = Clock::now();
    bench::send_all(connection.socket, request);
  }

  void receive(Connection& connection) {
    char piece[16 * 1024];
    const ssize_t got = ::recv(connection.socket, piece, sizeof(piece), 0);
    if (got <= 0) fail("the server closed a connection");
    connection.received.append(piece, static_cast<std::size_t>(got));
    bench::Answer answer;
    const std::size_t taken = bench::whole_answer(connection.received, answer);
    if (taken == 0) return;
    latencies_.push_back(std::chrono::nanoseconds(Clock::now() - connection.sent).count());
    connection.received.erase(0, taken);
    if (!work_.good(answer)) {
      if (wrong_++ == 0) std::fprintf(stderr, "wrong: %d %s\n", answer.status, answer.body.c_str());
    }
    send_next(connection);
  }

  std::size_t count_;
  Work& work_;
  std::vector<Connection> connections_;
  int epoll_;
  std::size_t next_ = 0;
  std::size_t wrong_ = 0;
  double seconds_ = 0;
  std::vector<std::int64_t> latencies_;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path + " cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 5) fail("usage: load PORT CONNECTIONS COUNT (post BODY IDS | get IDS)");
  const int port = std::stoi(words[0]);
  const std::size_t connections = std::stoul(words[1]);
  const std::size_t count = std::stoul(words[2]);
  if (words[3] == "post" && words.size() == 6) {
    Submit work(read_file(words[4]));
    Load load(port, connections, count, work);
    load.run();
    load.print();
    work.write(words[5]);
  } else {
    std::ifstream in(words[4]);
    Ask work({std::istream_iterator<std::string>(in), {}}, count);
    Load load(port, connections, count, work);
    load.run();
    load.print();
  }
}
