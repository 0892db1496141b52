#pragma once

#include <string_view>

namespace engine {

// The program that a warm compiler is: runner/compile_server/CompileServer.java, which the image's
// own Java compiles when it starts it. In the box it lies below a directory whose name no package
// can have.
extern const std::string_view kCompileServer;
inline constexpr std::string_view kCompileServerFile = ".server/CompileServer.java";

}  // namespace engine
