#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "base/result.h"
#include "docker/connection.h"

namespace engine::docker {

// The calls of the Docker Engine that boxes need. Safe from any thread; each call is a connection
// of its own and ends within the patience. Errors of all calls: kUnavailable: the engine is away,
// slow, or cannot do it now.  kNotFound, kConflict: as the engine says.  kInternal: it refuses the
// call.
class EngineClient {
 public:
  EngineClient(Address address, Milliseconds patience)
      : address_(std::move(address)), patience_(patience) {}

  // Agrees on a version of the API, before any other call and whenever the engine may have become
  // another one. kInvalid: there is none that both speak.
  Status negotiate();

  Result<boost::json::object> info() const;
  Result<boost::json::object> image(const std::string& reference) const;
  Status make_volume(const std::string& name, const boost::json::object& labels) const;

  Result<std::string> create(const boost::json::object& container) const;  // Its id.
  Status put_archive(const std::string& id, const std::string& path, std::string_view tar) const;
  Status start(const std::string& id) const;

  // The container's streams: what is sent is its stdin, what comes is both its outputs, framed.
  struct Stream {
    Fd socket;         // Does not block.
    std::string rest;  // What came already.
  };
  Result<Stream> attach(const std::string& id) const;

  struct State {
    bool running = false;
    bool out_of_memory = false;
    int exit_code = 0;
  };
  Result<State> state(const std::string& id) const;
  Status await_end(const std::string& id) const;

  Status remove(const std::string& id) const;  // Kills it first. Ok when it is gone already.
  struct Listed {
    std::string id;
    boost::json::object labels;
  };
  Result<std::vector<Listed>> labelled(const std::string& label) const;

  // Any call, of the version agreed upon. An answer of 400 or more is an error.
  Result<std::string> call(const Connection::Request& request) const;

 private:
  Deadline deadline() const { return std::chrono::steady_clock::now() + patience_; }
  std::string versioned(const std::string& target) const;
  Result<boost::json::object> get(const std::string& target) const;

  const Address address_;
  const Milliseconds patience_;
  mutable std::mutex mutex_;
  std::string version_;  // "v1.41", under the mutex.
};

}  // namespace engine::docker
