#include "runner/compiled.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/hash.h"
#include "domain/names.h"

namespace engine {
namespace {

using sandbox::File;
using sandbox::FileSet;

constexpr std::string_view kMagic = "EEBUILT1";
constexpr std::size_t kDigestSize = 32;

void append_text(std::string& out, std::string_view text) {
  append_number(out, std::uint64_t{text.size()});
  out += text;
}

std::string_view text_from(Fields& fields) {
  return fields.bytes(fields.number<std::uint64_t>());
}

template <typename Number>
void append_signed(std::string& out, Number number) {
  append_number(out, static_cast<std::uint64_t>(std::int64_t{number}));
}

std::int64_t signed_from(Fields& fields) {
  return static_cast<std::int64_t>(fields.number<std::uint64_t>());
}

void append_files(std::string& out, const std::vector<File>& files) {
  append_number(out, std::uint64_t{files.size()});
  for (const File& file : files) {
    append_text(out, file.name);
    append_number(out, static_cast<std::uint8_t>(file.executable ? 1 : 0));
    append_text(out, file.content);
  }
}

// The names have been checked before the files were kept; once more costs nothing.
Result<std::shared_ptr<const FileSet>> files_from(Fields& fields) {
  const auto count = fields.number<std::uint64_t>();
  std::vector<File> files;
  for (std::uint64_t i = 0; i < count && fields.whole(); ++i) {
    File file{.name = std::string(text_from(fields))};
    file.executable = fields.number<std::uint8_t>() != 0;
    file.content = text_from(fields);
    CHECK_OK(check_file_name(file.name));
    files.push_back(std::move(file));
  }
  return FileSet::make(std::move(files));
}

Error damaged(std::string_view how) {
  return {Errc::kInternal, "a kept compile is damaged: " + std::string(how), {}};
}

}  // namespace

std::string encode(std::string_view key, const Compiled& compiled) {
  std::string body;
  append_text(body, key);
  append_signed(body, compiled.exit_code);
  append_text(body, compiled.log);
  append_signed(body, compiled.usage.cpu_time.count());
  append_signed(body, compiled.usage.wall_time.count());
  append_signed(body, compiled.usage.memory.count);
  append_signed(body, compiled.usage.processes);
  append_number(body, static_cast<std::uint8_t>(compiled.files ? 1 : 0));
  if (compiled.files) append_files(body, compiled.files->files());
  return std::string(kMagic) + sha256(body) + body;
}

Result<Compiled> decode_compiled(std::string_view key, std::string_view bytes) {
  Fields preamble(bytes);
  if (preamble.bytes(kMagic.size()) != kMagic) return damaged("its magic is wrong");
  const std::string_view digest = preamble.bytes(kDigestSize);
  if (!preamble.whole()) return damaged("it is too short");
  const std::string_view body = bytes.substr(kMagic.size() + kDigestSize);
  if (sha256(body) != digest) return damaged("its bytes have changed");
  Fields fields(body);
  if (text_from(fields) != key) return damaged("it is another's");
  Compiled compiled{.exit_code = static_cast<int>(signed_from(fields))};
  compiled.log = text_from(fields);
  compiled.usage.cpu_time = Microseconds{signed_from(fields)};
  compiled.usage.wall_time = Microseconds{signed_from(fields)};
  compiled.usage.memory = Bytes{signed_from(fields)};
  compiled.usage.processes = static_cast<int>(signed_from(fields));
  if (fields.number<std::uint8_t>() != 0) {
    TRY(compiled.files, files_from(fields));
  }
  if (!fields.whole() || !fields.at_end()) return damaged("its fields do not add up");
  return compiled;
}

}  // namespace engine
