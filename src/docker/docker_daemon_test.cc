#include "docker/testing/docker_daemon.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "docker/engine_client.h"

namespace engine::docker {
namespace {

namespace fs = std::filesystem;

constexpr char kBoxImage[] = ENGINE_DOCKER_IMAGE;
constexpr int kStartPatience = 60'000;

std::string content_of(const fs::path& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  std::string content(none ? 0 : size, '\0');
  std::ifstream(path, std::ios::binary).read(content.data(), std::ssize(content));
  return content;
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  if (end == std::string::npos) return text;
  const auto begin = text.find_last_of('\n', end);
  return text.substr(begin + 1, end - begin);
}

// Where the daemon says that it serves, by the protocol of systemd.
class ReadySocket {
 public:
  explicit ReadySocket(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    ::unlink(path.c_str());
    ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }

  bool wait() const {
    for (;;) {
      pollfd wait = {socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, kStartPatience) <= 0) return false;
      char text[256];
      const ssize_t size = ::recv(socket_.get(), text, sizeof(text), 0);
      const std::string_view word(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
      if (word.find("READY=1") != std::string_view::npos) return true;
    }
  }

 private:
  Fd socket_;
};

pid_t spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
            const std::string& log) {
  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts)
      list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  };
  auto argv = pointers(arguments);
  auto environment = pointers(variables);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  if (::getppid() != parent || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) {
    ::_exit(126);
  }
  ::close_range(3, ~0U, 0);
  ::execve(argv[0], argv.data(), environment.data());
  ::_exit(127);
}

}  // namespace

DockerDaemon::~DockerDaemon() {
  stop();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup", ignored))
    fs::remove(entry.path().string() + cgroup(), ignored);
  fs::remove("/sys/fs/cgroup" + cgroup(), ignored);
}

std::string DockerDaemon::start() {
  if (::geteuid() != 0) return "a Docker Engine needs root";
  if (!fs::exists("/usr/sbin/dockerd")) return "docker.io is not installed";
  static std::atomic<int> count = 0;
  if (owner_ == 0) owner_ = ::getpid() * 10 + ++count;
  const std::string& at = directory_.path();
  const ReadySocket ready(at + "/ready");
  pid_ = spawn(
      {"/usr/sbin/dockerd", "--data-root", at + "/data", "--exec-root", at + "/exec", "--pidfile",
       at + "/pid", "--host", address(), "--cgroup-parent", cgroup(), "--bridge=none",
       "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"},
      {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/nonexistent",
       "NOTIFY_SOCKET=" + at + "/ready"},
      at + "/log");
  if (pid_ > 0 && ready.wait()) return {};
  const std::string last = last_line(content_of(at + "/log"));
  stop();
  return "dockerd does not start here: " + last;
}

void DockerDaemon::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string DockerDaemon::import(const std::string& tar, const std::string& reference) {
  EngineClient engine{*parse_address(address()), Milliseconds{120'000}};
  if (const Status agreed = engine.negotiate(); !agreed) return agreed.error().message;
  const std::string target = "/images/create?fromSrc=-&tag=latest&repo=" + reference;
  const auto made = engine.call(
      {.method = "POST", .target = target, .body = tar, .content_type = "application/x-tar"});
  return made ? "" : made.error().message;
}

namespace {

struct SharedDaemon {
  DockerDaemon daemon;
  std::string problem = daemon.start();

  SharedDaemon() {
    if (problem.empty()) problem = daemon.import(content_of(kBoxImage), "box");
  }
};

std::unique_ptr<SharedDaemon>& shared() {
  static std::unique_ptr<SharedDaemon> one;
  return one;
}

SharedDaemon& the_shared() {
  if (shared() == nullptr) shared() = std::make_unique<SharedDaemon>();
  return *shared();
}

// Not left to the end of the program, whose order nobody knows.
class EndOfDaemon : public ::testing::Environment {
 public:
  void TearDown() override { shared().reset(); }
};
const auto* const kEnd = ::testing::AddGlobalTestEnvironment(new EndOfDaemon);

}  // namespace

DockerDaemon& shared_daemon() {
  return the_shared().daemon;
}

const std::string& daemon_problem() {
  return the_shared().problem;
}

DockerOptions daemon_options(const DockerDaemon& daemon, sandbox::Reuse reuse) {
  static std::atomic<int> count = 0;
  DockerOptions options;
  options.engine = daemon.address();
  options.images = {
      {"host", "box"}
  };
  options.instance = "test-" + std::to_string(++count);
  options.reuse = reuse;
  options.slots = 2;
  options.warm = 0;  // Few tests run the same size twice.
  return options;
}

}  // namespace engine::docker
