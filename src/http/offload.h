#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace engine::http {

// Runs blocking `work` on `pool`; resumes the caller on its own executor. The one bridge between
// coroutines (http, api) and the blocking world of the engine and its ports.
//
// One task there and one back: a coroutine of its own on the pool would be two, and each further
// task wakes one more thread.
template <typename F>
boost::asio::awaitable<std::invoke_result_t<F>> offload(boost::asio::thread_pool& pool, F work) {
  using T = std::invoke_result_t<F>;
  auto start = [&pool](auto caller, F to_do) {
    auto home = boost::asio::make_work_guard(caller);
    auto there = [caller = std::move(caller), to_do = std::move(to_do),
                  home = std::move(home)]() mutable {
      std::exception_ptr thrown;
      T result{};
      try {
        result = to_do();
      } catch (...) {
        thrown = std::current_exception();
      }
      auto back = [caller = std::move(caller), thrown, result = std::move(result)]() mutable {
        std::move(caller)(thrown, std::move(result));
      };
      boost::asio::post(home.get_executor(), std::move(back));
    };
    boost::asio::post(pool, std::move(there));
  };
  using Token = const boost::asio::use_awaitable_t<>;
  co_return co_await boost::asio::async_initiate<Token, void(std::exception_ptr, T)>(
      start, boost::asio::use_awaitable, std::move(work));
}

}  // namespace engine::http
