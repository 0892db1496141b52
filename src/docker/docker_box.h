#pragma once

#include <memory>
#include <string>

#include "docker/container.h"
#include "sandbox/boxes.h"

namespace engine::docker {

// Where boxes take their containers from and leave them. Safe from any thread.
class ContainerSource {
 public:
  virtual ~ContainerSource() = default;
  virtual Result<std::unique_ptr<Container>> take(const Shape& shape) = 0;
  virtual void give_back(std::unique_ptr<Container> container) = 0;
  virtual void note_loss() = 0;  // Of a container that was taken.
  virtual const EngineClient& engine() const = 0;
};

// A box that gets a container at its first run, and another one when it was lost or a run needs
// another shape.
class DockerBox final : public sandbox::Box {
 public:
  // `reference`: the engine's name of the image. `keeps`: the next run may have the same container.
  DockerBox(ContainerSource& source, std::string reference, bool keeps)
      : source_(source), reference_(std::move(reference)), keeps_(keeps) {}
  DockerBox(const DockerBox&) = delete;
  DockerBox& operator=(const DockerBox&) = delete;
  ~DockerBox() override { leave(); }

  Result<sandbox::RunReport> run(const sandbox::RunSpec& spec) override;

 private:
  Status make_ready(const Shape& shape);
  void leave();

  ContainerSource& source_;
  const std::string reference_;
  const bool keeps_;
  std::unique_ptr<Container> container_;
};

}  // namespace engine::docker
