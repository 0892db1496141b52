#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include <boost/asio/thread_pool.hpp>

#include "api/tokens.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "http/http.h"

namespace engine::api {

struct ApiOptions {
  // Where clients reach us, without a slash at its end. Its host is the one besides the loopback
  // names that `loopback_only` lets pass.
  std::string public_url = "http://127.0.0.1:8080";

  // Who is let in. nullptr: everyone, and nobody owns anything.
  const Tokens* tokens = nullptr;

  // For a server that only this machine reaches, without a login: what a web page in a local
  // browser sends from elsewhere (by its Origin, or by a name rebound to us) is refused with 403.
  bool loopback_only = false;

  // Only /healthz, /readyz and /metrics: for a process that takes no submissions.
  bool operator_only = false;

  Milliseconds longest_wait{60'000};     // Of `wait`; a longer timeoutMs is refused.
  std::chrono::seconds keep_alive{15};   // Between two signs of life of an event stream.
  Bytes event_backlog = 1_MiB;           // Events that a slow listener may leave; then he is cut.
  int most_fetches = 64;                 // Of strangers' files at once, those that wait among them.
  std::chrono::seconds retry_after{5};   // What a 503 says.
  const Clock* clock = &system_clock();  // For the durations of the metrics.
  std::stop_token stopping;              // Ends waits and streams when the server shuts down.
};

// Where calls wait, so that the thread that serves the sockets never does.
struct Pools {
  boost::asio::thread_pool& blocking;  // For the engine's own disk and peers.
  boost::asio::thread_pool&
      fetching;  // For strangers' servers, whose slowness holds up nobody else.
};

// All routes of docs/openapi.yaml. Engine, pools and what `options` points to outlive the handler
// and its coroutines.
http::Handler make_api(Engine& engine, Pools pools, ApiOptions options);

// The wording of what the server refuses before it knows the route (408, 413, 431): an answer that
// is both an error of the full API and one of the upload API.
http::Response refusal(int status, std::string_view message);

}  // namespace engine::api
