#pragma once

#include <atomic>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "api/api.h"
#include "api/errors.h"

namespace engine::api {

// What the handlers share. It outlives every coroutine that refers to it: the outermost of them
// owns a part of it.
struct Context {
  Engine& engine;
  boost::asio::thread_pool& blocking;
  boost::asio::thread_pool& fetching;
  ApiOptions options;
  mutable std::atomic<int> fetches = 0;  // Under way, or waiting for a thread of `fetching`.

  http::Response refused(const Error& error) const {
    return refuse(Wording::kFull, error, options.retry_after);
  }
  http::Response refused_upload(const Error& error) const {
    return refuse(Wording::kUpload, error, options.retry_after);
  }
};

using Answer = boost::asio::awaitable<http::Response>;

}  // namespace engine::api
