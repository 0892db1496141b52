// Loads the HTTP API over many kept connections, each with one request under way.
//
//   load PORT CONNECTIONS COUNT post BODY-FILE IDS-FILE
//     submits the body COUNT times; writes the ids, one a line, and checks that all differ
//   load PORT CONNECTIONS COUNT get IDS-FILE STATE
//     asks for those ids COUNT times, spread over the file; each must be in that state
//   load PORT CONNECTIONS SECONDS run BODY-FILE OUTPUT
//     submits the body and waits for its end, again and again for so long; each must be accepted
//     and write OUTPUT. An @ in the body becomes a number that no other submission has.
//
// Prints one line of JSON: seconds, latencies in nanoseconds (p10, p50, p99, max), the processor
// time that the load itself used, and how many answers were wrong.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/epoll.h>
#include <sys/resource.h>
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
  Ask(std::vector<std::string> ids, std::size_t count, const std::string& state)
      : ids_(std::move(ids)), count_(count), expected_("\"state\":\"" + state + "\"") {
    if (ids_.empty()) fail("no ids to ask for");
  }
  const std::string& request(std::size_t number) override {
    request_ = bench::get("/api/v1/submissions/" + ids_[number * ids_.size() / count_]);
    return request_;
  }
  bool good(const bench::Answer& answer) override {
    return answer.status == 200 && answer.body.find(expected_) != std::string::npos;
  }

 private:
  std::vector<std::string> ids_;
  std::size_t count_;
  std::string expected_;
  std::string request_;
};

class Run final : public Work {
 public:
  Run(std::string body, std::string output) : body_(std::move(body)), output_(std::move(output)) {}
  const std::string& request(std::size_t) override {
    request_ = bench::post("/api/v1/submissions?wait=true&timeoutMs=60000", bench::numbered(body_));
    return request_;
  }
  bool good(const bench::Answer& answer) override { return bench::accepted(answer, output_); }

 private:
  std::string body_;
  std::string output_;
  std::string request_;
};

// When a load ends: after so many requests, or after so long.
struct End {
  std::size_t count = SIZE_MAX;
  std::chrono::nanoseconds time = std::chrono::hours(24);
};

struct Connection {
  int socket = -1;
  Clock::time_point sent;
  std::string received;
};

class Load {
 public:
  Load(int port, std::size_t connections, End end, Work& work)
      : end_(end), work_(work), connections_(connections), epoll_(::epoll_create1(0)) {
    latencies_.reserve(std::min<std::size_t>(end.count, 1'000'000));
    for (Connection& connection : connections_) {
      connection.socket = bench::connect_to(port);
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) fail("epoll_ctl");
    }
  }

  void run() {
    const auto start = Clock::now();
    deadline_ = start + end_.time;
    for (Connection& connection : connections_)
      send_next(connection);
    epoll_event events[64];
    while (latencies_.size() < sent_) {
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
          latencies_[static_cast<std::size_t>(share * static_cast<double>(sent_ - 1))]);
    };
    std::printf(
        "{\"n\":%zu,\"seconds\":%.6f,\"p10\":%lld,\"p50\":%lld,\"p99\":%lld,\"max\":%lld,"
        "\"processorSeconds\":%.6f,\"wrong\":%zu}\n",
        sent_, seconds_, at(0.10), at(0.50), at(0.99), at(1.0), processor_seconds(), wrong_);
  }

 private:
  static double processor_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  void send_next(Connection& connection) {
    if (sent_ == end_.count || Clock::now() >= deadline_) return;
    const std::string& request = work_.request(sent_++);
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

  End end_;
  Work& work_;
  std::vector<Connection> connections_;
  int epoll_;
  Clock::time_point deadline_;
  std::size_t sent_ = 0;
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
  if (words.size() != 6) fail("see the head of load.cc");
  const int port = std::stoi(words[0]);
  const std::size_t connections = std::stoul(words[1]);
  const std::size_t count = std::stoul(words[2]);
  if (words[3] == "run") {
    Run work(read_file(words[4]), words[5]);
    Load load(port, connections, {.time = std::chrono::seconds(count)}, work);
    load.run();
    load.print();
  } else if (words[3] == "post") {
    Submit work(read_file(words[4]));
    Load load(port, connections, {.count = count}, work);
    load.run();
    load.print();
    work.write(words[5]);
  } else if (words[3] == "get") {
    std::ifstream in(words[4]);
    Ask work({std::istream_iterator<std::string>(in), {}}, count, words[5]);
    Load load(port, connections, {.count = count}, work);
    load.run();
    load.print();
  } else {
    fail("see the head of load.cc");
  }
}
