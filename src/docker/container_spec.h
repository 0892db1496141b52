#pragma once

#include <compare>
#include <string>

#include <boost/json/object.hpp>

#include "docker/docker.h"

namespace engine::docker {

// What is settled when a container is made. A run fits into a container of its own shape only.
struct Shape {
  std::string image;  // The engine's name for it.
  Bytes memory;
  Bytes disk;
  int files = 0;
  int processes = 0;
  auto operator<=>(const Shape&) const = default;
};

// The container's memory is the run's, what its files take in whole MiB, and some for the
// supervisor, so that few shapes serve many runs.
Shape shape_of(const std::string& image, const sandbox::RunSpec& spec);

inline constexpr char kInstanceLabel[] = "execution-engine.instance";
inline constexpr char kNumberLabel[] = "execution-engine.number";
boost::json::object labels_of(const DockerOptions& options, unsigned number);

// The volume that the supervisor is in, by its content.
std::string supervisor_volume();

// The body of "create": a container that may do nothing but run the supervisor, whose runs are a
// user by `number`.
boost::json::object container_of(const DockerOptions& options, const Shape& shape, unsigned number);

}  // namespace engine::docker
