#include "docker/container.h"

#include <array>
#include <cstdio>

#include <boost/json/array.hpp>

#include "base/log.h"
#include "docker/protocol.h"
#include "docker/supervisor/embedded.h"

namespace engine::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t kBlock = 512;

// A tar of one program, as POSIX has it: a header block, the content, two empty blocks.
std::string tar_of(const std::string& name, std::string_view content) {
  std::array<char, kBlock> header{};
  const auto put = [&](std::size_t at, std::string_view text) { text.copy(&header[at], 100); };
  const auto octal = [](std::size_t value) {
    std::array<char, 13> text{};
    (void)std::snprintf(text.data(), text.size(), "%011zo", value);
    return std::string(text.data());
  };
  put(0, name);
  put(100, "0000555");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(content.size()));
  put(136, octal(0));
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  std::size_t sum = 0;
  for (const char c : header)
    sum += static_cast<unsigned char>(c);
  put(148, octal(sum).substr(5) + std::string(1, '\0'));
  std::string tar(header.data(), header.size());
  tar.append(content);
  tar.append((kBlock - content.size() % kBlock) % kBlock, '\0');
  return tar.append(2 * kBlock, '\0');
}

void remove(const EngineClient& engine, const std::string& id) {
  if (const Status removed = engine.remove(id); !removed) {
    log::warning("a container cannot be removed",
                 {
                     {"container", id                     },
                     {"error",     removed.error().message}
    });
  }
}

// At "create" the engine's 404 speaks of an image.
Error not_created(Error error, const std::string& image) {
  if (error.code == Errc::kNotFound) {
    error.message =
        "docker: image '" + image + "' is not there; `docker pull` or `docker build` it";
  } else {
    error.code = Errc::kUnavailable;
  }
  return error;
}

// After it of what we have just made.
Status unavailable(Status status) {
  if (status) return status;
  return Error{Errc::kUnavailable, status.error().message, {}};
}

}  // namespace

Result<std::unique_ptr<Container>> start_container(const EngineClient& engine,
                                                   const DockerOptions& options, const Shape& shape,
                                                   unsigned number) {
  auto id = engine.create(container_of(options, shape, number));
  if (!id) return not_created(std::move(id).error(), shape.image);
  auto stream = engine.attach(*id);
  const Status started = unavailable(stream ? engine.start(*id) : Status(stream.error()));
  if (!started) {
    remove(engine, *id);
    return started.error();
  }
  return std::unique_ptr<Container>(
      new Container{*std::move(id), number, shape, SupervisorLink(*std::move(stream))});
}

Status install_supervisor(const EngineClient& engine, const DockerOptions& options,
                          const std::string& image, unsigned number) {
  CHECK_OK(unavailable(engine.make_volume(supervisor_volume(), {})));
  json::object container = {
      {"Image", image},
      {"Entrypoint", json::array{wire::kSupervisor}},
      {"Labels", labels_of(options, number)},
      {"HostConfig",
       json::object{{"NetworkMode", "none"},
                    {"Mounts", json::array{json::object{{"Type", "volume"},
                                                        {"Source", supervisor_volume()},
                                                        {"Target", wire::kSupervisorDirectory}}}}}},
  };
  auto id = engine.create(container);
  if (!id) return not_created(std::move(id).error(), image);
  const Status put = engine.put_archive(*id, wire::kSupervisorDirectory,
                                        tar_of("supervisor", supervisor_program()));
  remove(engine, *id);
  return unavailable(put);
}

}  // namespace engine::docker
