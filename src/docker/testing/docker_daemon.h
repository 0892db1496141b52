#pragma once

#include <string>

#include "base/testing/test_directory.h"
#include "docker/docker.h"

namespace engine::docker {

// A Docker Engine of the tests' own: its socket, data and cgroup are apart from any other's on this
// machine, and all of it goes with the object. Needs root and Debian's docker.io.
class DockerDaemon {
 public:
  DockerDaemon() = default;
  DockerDaemon(const DockerDaemon&) = delete;
  DockerDaemon& operator=(const DockerDaemon&) = delete;
  ~DockerDaemon();

  // Waits until it serves. What went wrong, or nothing.
  std::string start();
  // Ends it, and its containers with it.
  void stop();

  // Makes an image of the archive of a root.
  std::string import(const std::string& tar, const std::string& reference);

  std::string address() const { return "unix://" + directory_.path() + "/socket"; }
  std::string cgroup() const { return "/execution-engine-docker-" + std::to_string(owner_); }

 private:
  TestDirectory directory_;
  int owner_ = 0;
  int pid_ = -1;
};

// The one that the tests of a program share, with an image "box"; started at first use. The problem
// is why there is none; empty where there is.
DockerDaemon& shared_daemon();
const std::string& daemon_problem();

// Boxes on it, for tests: another instance than any other test's.
DockerOptions daemon_options(const DockerDaemon& daemon,
                             sandbox::Reuse reuse = sandbox::Reuse::kSubmission);

}  // namespace engine::docker
