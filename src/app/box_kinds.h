#pragma once

#include <memory>
#include <vector>

#include <sys/types.h>

#include "app/config.h"
#include "base/result.h"
#include "engine/metrics.h"
#include "language/language.h"
#include "sandbox/boxes.h"
#include "sandbox/native.h"

namespace engine::app {

// The languages, each with its runner and image settled: by the configuration, else by its file,
// else as the process has it. kNotFound and kInvalid, as for Languages::load(); kInvalid: the
// configuration speaks of a language that is not there.
Result<Languages> load_languages(const Config& config);

// True when one of them runs in boxes of that kind.
bool any_runs_in(const Languages& languages, BoxKind kind);

// The boxes of a process, of the kinds that its languages have. The languages that run in boxes of
// a Docker Engine name its images: "host" stands for `docker.image`.
class BoxKinds {
 public:
  BoxKinds() = default;  // Of a process that runs nothing.

  // Forks the manager of native boxes, if a language has such; to be called before there are
  // threads, as root.
  static Result<std::unique_ptr<sandbox::Manager>> fork_manager(const Config& config,
                                                                const Languages& languages);

  // The groups that let somebody who is not root reach the Docker Engine, if a language needs it.
  static Result<std::vector<gid_t>> groups(const Config& config, const Languages& languages);

  // Connects. Errors are those of make_native_boxes() and make_docker_boxes(). `metrics` outlives
  // the boxes.
  static Result<BoxKinds> open(const Config& config, const Languages& languages,
                               std::unique_ptr<sandbox::Manager> manager, Metrics& metrics);

  sandbox::Boxes& of(const Language& language) const {
    return *(language.runner == BoxKind::kDocker ? docker_ : native_);
  }
  int ready() const;
  int manager_death_fd() const { return manager_death_fd_; }  // -1 without native boxes.

 private:
  std::unique_ptr<sandbox::Boxes> native_;  // None where no language has them.
  std::unique_ptr<sandbox::Boxes> docker_;  // Likewise.
  int manager_death_fd_ = -1;
};

}  // namespace engine::app
