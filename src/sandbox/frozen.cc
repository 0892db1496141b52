#include "sandbox/frozen.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <utility>

#include "sandbox/init/frozen.h"
#include "sandbox/memory_file.h"

namespace engine::sandbox {
namespace {

using wire::FrozenHead;
using wire::FrozenRegion;

constexpr std::uint64_t kEndOfMemory = 0x7fff'ffff'f000;

// Beside what is uncharged a run wants some memory of its own.
constexpr Bytes kLeastMemory = 8_MiB;

constexpr bool is_page(std::uint64_t address) {
  return address % wire::kPage == 0;
}

bool is_sound(const FrozenRegion& region, const FrozenHead& head, std::uint64_t after) {
  const bool of_file = region.source < head.file_count;
  const bool of_pages = region.source == wire::kFromPages;
  if (!of_file && !of_pages && region.source != wire::kFromZero) return false;
  if (!is_page(region.start) || !is_page(region.end) || !is_page(region.offset)) return false;
  if (region.start < after || region.start >= region.end || region.end > kEndOfMemory) return false;
  const std::uint64_t bytes = region.end - region.start;
  return !of_pages || (bytes <= head.bytes && region.offset >= wire::kFrozenHeadBytes &&
                       region.offset <= head.bytes - bytes);
}

bool is_sound(const FrozenHead& head, std::size_t bytes) {
  if (head.magic != wire::kFrozenMagic || head.bytes != bytes) return false;
  if (head.region_count == 0 || head.region_count > wire::kMaxRegions) return false;
  if (head.file_count > wire::kMaxFrozenFiles) return false;
  if (head.clock_count == 0 || head.clock_count > wire::kMaxClocks) return false;
  for (std::uint32_t i = 0; i < head.file_count; ++i) {
    const char* path = head.files[i].path;
    if (path[0] != '/' || std::memchr(path, '\0', wire::kMaxFrozenPath) == nullptr) return false;
  }
  std::uint64_t after = wire::kWindowEnd;
  for (std::uint32_t i = 0; i < head.region_count; ++i) {
    if (!is_sound(head.regions[i], head, after)) return false;
    after = head.regions[i].end;
  }
  const FrozenRegion& stack = head.regions[head.region_count - 1];
  return stack.source == wire::kFromPages && stack.start == head.stack_start &&
         stack.end == head.stack_end && head.stack_pointer >= stack.start &&
         head.stack_pointer < stack.end && head.stack_limit < head.stack_start;
}

// Adds the pages, by their address, that came from the file and were changed.
Status add_changed_pages(std::string_view report, const FrozenHead& head,
                         std::set<std::uint64_t>& pages) {
  wire::HotPages changed;
  if (report.size() % sizeof(changed) != 0) return Error{Errc::kInvalid, "half a page", {}};
  for (; !report.empty(); report.remove_prefix(sizeof(changed))) {
    std::memcpy(&changed, report.data(), sizeof(changed));
    if (!is_page(changed.start) || changed.start >= kEndOfMemory ||
        changed.count > kEndOfMemory / wire::kPage) {
      return Error{Errc::kInvalid, "pages where none can be", {}};
    }
    const std::uint64_t changed_end = changed.start + changed.count * wire::kPage;
    for (std::uint32_t i = 0; i < head.region_count; ++i) {
      const FrozenRegion& region = head.regions[i];
      if (region.source != wire::kFromPages) continue;
      const std::uint64_t end = std::min(region.end, changed_end);
      for (auto at = std::max(region.start, changed.start); at < end; at += wire::kPage)
        pages.insert(at);
    }
  }
  return Ok{};
}

// Puts them behind the `known` that the head has, in rows, as long as there is room.
std::uint32_t put_hot_pages(const std::set<std::uint64_t>& pages, std::uint32_t known,
                            FrozenHead& head) {
  std::uint32_t count = known;
  for (const std::uint64_t page : pages) {
    if (count > known) {
      wire::HotPages& last = head.hot[count - 1];
      if (last.start + last.count * wire::kPage == page) {
        ++last.count;
        continue;
      }
    }
    if (count == wire::kMaxHotRuns) break;
    head.hot[count++] = {page, 1};
  }
  return count - known;
}

Status note_hot_pages(const FrozenPages& pages, FrozenHead& head) {
  std::set<std::uint64_t> always;
  std::set<std::uint64_t> late;
  CHECK_OK(add_changed_pages(pages.always, head, always));
  CHECK_OK(add_changed_pages(pages.at_full_length, head, late));
  for (const std::uint64_t page : always)
    late.erase(page);
  head.hot_count = put_hot_pages(always, 0, head);
  head.late_count = put_hot_pages(late, head.hot_count, head);
  return Ok{};
}

}  // namespace

Frozen::Frozen(Fd file, Bytes size, Bytes uncharged, Stack stack)
    : file_(std::move(file)), size_(size), uncharged_(uncharged), stack_(stack) {}

Result<std::shared_ptr<const Frozen>> Frozen::make(std::string_view written, FrozenPages pages,
                                                   Bytes uncharged) {
  auto head = std::make_unique<FrozenHead>();
  if (written.size() < wire::kFrozenHeadBytes) return Error{Errc::kInvalid, "too little", {}};
  std::memcpy(head.get(), written.data(), sizeof(FrozenHead));
  if (!is_sound(*head, written.size())) return Error{Errc::kInvalid, "not what was expected", {}};
  CHECK_OK(note_hot_pages(pages, *head));
  const std::array parts = {
      std::string_view(reinterpret_cast<const char*>(head.get()), sizeof(*head)),
      written.substr(sizeof(*head))};
  TRY(Fd file, make_memory_file("frozen", parts));
  const auto size = static_cast<std::int64_t>(written.size());
  const Stack stack{.least = {static_cast<std::int64_t>(head->stack_end - head->stack_start)},
                    .most = {static_cast<std::int64_t>(head->stack_limit)}};
  return std::shared_ptr<const Frozen>(new Frozen(std::move(file), Bytes{size}, uncharged, stack));
}

bool Frozen::serves(const RunSpec& spec) const {
  const Bytes stack = spec.limits.stack;
  return stack >= stack_.least && stack <= stack_.most &&
         spec.limits.memory >= uncharged_ + kLeastMemory;
}

}  // namespace engine::sandbox
