# BullMQ's Lua scripts are taken from its npm package, so that Node and we run the very same ones.
set(BULLMQ_PACKAGE "${CMAKE_SOURCE_DIR}/build/npm/node_modules/bullmq" CACHE PATH
    "The unpacked npm package bullmq, whose scripts are built in")
if(NOT EXISTS "${BULLMQ_PACKAGE}/package.json")
  message(FATAL_ERROR "BullMQ's package is not at ${BULLMQ_PACKAGE}. Its Lua scripts are built in: run "
                      "script/bootstrap, which installs it, or set BULLMQ_PACKAGE to a copy of it.")
endif()
find_program(NODE_PROGRAM NAMES node nodejs REQUIRED)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/bullmq_scripts.cc)
set(generator ${CMAKE_CURRENT_SOURCE_DIR}/queue/bullmq_scripts)
add_custom_command(OUTPUT ${generated}
  COMMAND ${NODE_PROGRAM} ${generator}.cjs ${BULLMQ_PACKAGE} ${generator}.h ${generated}
  DEPENDS ${generator}.cjs ${generator}.h ${BULLMQ_PACKAGE}/package.json
  COMMENT "Taking in BullMQ's scripts" VERBATIM)
target_sources(queue PRIVATE ${generated})
target_sources(queue_test PRIVATE queue/testing/redis_server.cc)
