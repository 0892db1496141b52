#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "docker/engine_client.h"
#include "docker/protocol.h"
#include "sandbox/boxes.h"

namespace engine::docker {

// The worker's side of one supervisor: frames over the container's streams, which the engine has
// wrapped in frames of its own. One thread at a time. Nothing here waits but await_ready().
//
// Everything that comes is checked here. kUnavailable from any call: the container is lost.
class SupervisorLink {
 public:
  explicit SupervisorLink(EngineClient::Stream stream);
  SupervisorLink(const SupervisorLink&) = delete;
  SupervisorLink& operator=(const SupervisorLink&) = delete;
  ~SupervisorLink();

  // Waits until the supervisor has nothing left of any run.
  Status await_ready(Deadline deadline);

  // Queues the run with its files and its input, which must outlive it. Only frames of its kind
  // come until kDone.
  Status start(const sandbox::RunSpec& spec);

  int fd() const { return socket_.get(); }
  bool has_more_to_send() const { return !pieces_.empty(); }
  Status send_some();
  // Nobody reads the rest of the input any more.
  void stop_sending();

  struct Frame {
    wire::Kind kind{};
    std::string bytes;
  };
  Status receive_some();
  // The next frame that came whole, if any.
  Result<std::optional<Frame>> next();

  // Whether the stream has ended; by a look, without waiting.
  bool is_broken() const;

 private:
  class Mapping;
  struct Piece {
    std::string_view bytes;
    bool begins_frame = false;
  };
  void queue(wire::Kind kind, std::string_view bytes);
  std::string_view keep(std::string bytes);
  void unwrap(std::string_view bytes);
  std::uint64_t most_of(wire::Kind kind) const;

  Fd socket_;
  std::string wrapped_;     // A head of the engine's that has not come whole.
  std::uint64_t left_ = 0;  // Of the engine's current frame,
  char stream_ = 0;         // and whose it is.
  std::string incoming_;    // The supervisor's words,
  std::size_t read_ = 0;    // of which so much was taken.
  std::string complaint_;   // What it wrote to stderr.

  std::uint64_t run_ = 0;
  std::uint64_t most_taken_ = 0;
  std::unique_ptr<Mapping> bundle_;
  std::deque<std::string> kept_;  // What `pieces_` show and nobody else has.
  std::deque<Piece> pieces_;
  bool in_frame_ = false;  // The first piece belongs to a frame that has begun.
  bool ready_ = false;
};

}  // namespace engine::docker
