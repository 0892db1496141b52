#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace engine::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kText, kJson };

// One fact beside the message. Values are escaped, so no input can forge a line.
struct Field {
  std::string_view name;
  std::string value;
};

// To be called once, by the composition root; until then text lines of kInfo and above are written.
void configure(Level least, Format format);

// Each call writes one line to standard error, from any thread. The message is a constant of ours;
// what varies goes into the fields.
void debug(std::string_view message, std::initializer_list<Field> fields = {});
void info(std::string_view message, std::initializer_list<Field> fields = {});
void warning(std::string_view message, std::initializer_list<Field> fields = {});
void error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace engine::log
