#pragma once

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

namespace engine {

// A program that a test starts. Ended on destruction; its standard input ends before that if this
// program crashes.
class Child {
 public:
  explicit Child(std::vector<std::string> command) {
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const Fd its_input(in[0]);
    input_ = Fd(in[1]);
    if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    output_ = Fd(out[0]);
    const Fd its_output(out[1]);

    std::vector<char*> arguments;
    for (std::string& word : command)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, its_input.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, its_output.get(), STDOUT_FILENO);
    const int fault =
        ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) throw std::runtime_error("cannot start " + command[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  // The next line that it writes, without its end; what there is, if it stops writing before.
  std::string line() {
    std::string text;
    char c = 0;
    while (::read(output_.get(), &c, 1) == 1 && c != '\n')
      text += c;
    return text;
  }

  // Waits for its own end. True: it went well.
  bool wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_ = -1;
  Fd input_;
  Fd output_;
};

}  // namespace engine
