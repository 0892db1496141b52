#pragma once

#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace engine::http {

// Runs blocking `work` on `pool`; resumes the caller on its own executor. The one bridge between
// coroutines (http, api) and the blocking world of the engine and its ports.
template <typename F>
boost::asio::awaitable<std::invoke_result_t<F>> offload(boost::asio::thread_pool& pool, F work) {
  auto task = [](F f) -> boost::asio::awaitable<std::invoke_result_t<F>> { co_return f(); };
  co_return co_await boost::asio::co_spawn(pool, task(std::move(work)), boost::asio::use_awaitable);
}

}  // namespace engine::http
