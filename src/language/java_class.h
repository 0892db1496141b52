#pragma once

#include <string>
#include <string_view>

namespace engine {

// What Java's rules say about a source file.
struct JavaClass {
  std::string file_name;   // "Solution.java": javac wants a public class in a file of its name.
  std::string main_class;  // "com.example.Solution": what to hand to `java`.
  bool operator==(const JavaClass&) const = default;
};

// Reads no more of Java than comments, literals, braces and the heads of declarations. The file is
// named after the public top-level type, else after the type with main, else after the first; the
// main class is the type with `static void main(`. "Main" where there is none. Never fails, takes
// linear time, and what it returns is a good file name whatever the text is.
JavaClass find_java_class(std::string_view source);

}  // namespace engine
