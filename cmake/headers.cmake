# The headers that most units read, parsed once for a whole build of the sanitizers' kind. Not for dev
# and release, in which every unit includes what it uses, or does not build.
if(ENGINE_HEADERS)
  file(WRITE ${CMAKE_BINARY_DIR}/headers.cc "")
  add_library(engine_headers STATIC ${CMAKE_BINARY_DIR}/headers.cc)
  target_link_libraries(engine_headers PRIVATE engine_flags Boost::json CLI11::CLI11 GTest::gmock)
  target_precompile_headers(engine_headers PRIVATE
    <algorithm> <chrono> <filesystem> <fstream> <functional> <future> <map> <memory> <optional> <span>
    <string> <thread> <variant> <vector>
    <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/steady_timer.hpp> <boost/asio/thread_pool.hpp>
    <boost/asio/use_awaitable.hpp> <boost/asio/use_future.hpp> <boost/json.hpp>
    <CLI/CLI.hpp> <gmock/gmock.h> <gtest/gtest.h>)
endif()

# engine_precompiled(target...): these read them so, where a build has them.
function(engine_precompiled)
  if(ENGINE_HEADERS)
    foreach(target IN LISTS ARGN)
      target_precompile_headers(${target} REUSE_FROM engine_headers)
    endforeach()
  endif()
endfunction()
