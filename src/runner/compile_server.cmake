# Compiles the text of compile_server/CompileServer.java into the runner, as kCompileServer.
set(source ${CMAKE_CURRENT_SOURCE_DIR}/runner/compile_server/CompileServer.java)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
file(READ ${source} text)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/compile_server.cc)
file(CONFIGURE OUTPUT ${generated} CONTENT [[
#include "runner/compile_server.h"

namespace engine {

const std::string_view kCompileServer = R"java(@text@)java";

}  // namespace engine
]] @ONLY)
target_sources(runner PRIVATE ${generated})
