#include "runner/compile_frames.h"

#include <algorithm>
#include <utility>

#include "base/fields.h"
#include "domain/names.h"

namespace engine {
namespace {

constexpr std::string_view kClassEnding = ".class";
constexpr std::string_view kClassMagic = "\xca\xfe\xba\xbe";

void append_block(std::string& out, std::string_view text) {
  append_number(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

std::string_view block_from(Fields& fields) {
  return fields.bytes(fields.number<std::uint32_t>());
}

Error odd(const std::string& how) {
  return {Errc::kInvalid, "a warm compiler's answer is odd: " + how, {}};
}

Status check_class(const sandbox::File& file) {
  if (!check_file_name(file.name) || !file.name.ends_with(kClassEnding)) {
    return odd("it names a file " + quote(file.name));
  }
  return file.content.starts_with(kClassMagic) ? Status(Ok{}) : odd("a file is no class file");
}

bool is_before(const sandbox::TakenFile& a, const sandbox::TakenFile& b) {
  return a.file.name < b.file.name;
}

// In the order of names, as what is taken out of a box is.
Status put_in_order(std::vector<sandbox::TakenFile>& taken) {
  std::sort(taken.begin(), taken.end(), is_before);
  const auto twice =
      std::adjacent_find(taken.begin(), taken.end(),
                         [](const auto& a, const auto& b) { return a.file.name == b.file.name; });
  return twice == taken.end() ? Status(Ok{}) : odd("it names a file twice");
}

}  // namespace

Result<std::string> request_frame(std::uint64_t number, const std::vector<std::string>& arguments,
                                  const std::vector<sandbox::File>& files) {
  std::size_t size = 0;
  for (const std::string& argument : arguments)
    size += argument.size() + kFrameHead;
  for (const sandbox::File& file : files)
    size += file.name.size() + file.content.size() + 2 * kFrameHead;
  if (size > kMostFrame / 2) return Error{Errc::kInvalid, "too much for a warm compiler", {}};
  std::string body;
  append_number(body, number);
  append_number(body, static_cast<std::uint32_t>(arguments.size()));
  for (const std::string& argument : arguments)
    append_block(body, argument);
  append_number(body, static_cast<std::uint32_t>(files.size()));
  for (const sandbox::File& file : files) {
    append_block(body, file.name);
    append_block(body, file.content);
  }
  std::string frame;
  append_block(frame, body);
  return frame;
}

Result<std::size_t> frame_size(std::string_view head) {
  const std::size_t size = Fields(head).number<std::uint32_t>();
  if (size > kMostFrame) return odd("it is too long");
  return size;
}

Result<CompileAnswer> read_answer(std::string_view body) {
  Fields fields(body);
  CompileAnswer answer{.number = fields.number<std::uint64_t>()};
  answer.counts = fields.number<std::uint8_t>() == 1;
  const auto count = fields.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && fields.whole(); ++i) {
    sandbox::TakenFile taken;
    taken.file.name = block_from(fields);
    taken.file.content = block_from(fields);
    if (!fields.whole()) break;
    CHECK_OK(check_class(taken.file));
    answer.taken.push_back(std::move(taken));
  }
  if (!fields.whole() || !fields.at_end()) return odd("its fields do not add up");
  CHECK_OK(put_in_order(answer.taken));
  return answer;
}

}  // namespace engine
