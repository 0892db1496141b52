#include "queue/redis_reader.h"

#include <new>
#include <string>
#include <utility>

#include <hiredis/hiredis.h>

namespace engine::redis {
namespace {

// More of a buffer that is not needed any more than this is given back.
constexpr std::size_t kKeptBuffer = std::size_t{256} << 10;

// What hiredis calls at each piece that it has read: the first of a reply is ours to free, the
// others lie in the elements of their parents, which come one after the other.

template <typename Fill>
void* made(const redisReadTask* task, Fill fill) noexcept try {
  Reply* const parent = task->parent == nullptr ? nullptr : static_cast<Reply*>(task->parent->obj);
  if (parent != nullptr) {
    fill(parent->elements.emplace_back());
    return &parent->elements.back();
  }
  auto reply = std::make_unique<Reply>();
  fill(*reply);
  return reply.release();
} catch (const std::bad_alloc&) {
  return nullptr;  // hiredis reports it.
}

void* make_text(const redisReadTask* task, char* bytes, std::size_t size) {
  return made(task, [&](Reply& reply) {
    const bool is_error = task->type == REDIS_REPLY_ERROR;
    reply.kind = is_error ? Reply::Kind::kError : Reply::Kind::kText;
    reply.text.assign(bytes, size);
  });
}

// Its elements get their memory as they come: what a line says of their number is only its word.
void* make_array(const redisReadTask* task, int) {
  return made(task, [](Reply& reply) { reply.kind = Reply::Kind::kArray; });
}

void* make_integer(const redisReadTask* task, long long value) {
  return made(task, [&](Reply& reply) {
    reply.kind = Reply::Kind::kInteger;
    reply.integer = value;
  });
}

void* make_nil(const redisReadTask* task) {
  return made(task, [](Reply&) {});
}

void free_reply(void* reply) {
  delete static_cast<Reply*>(reply);
}

redisReplyObjectFunctions functions = {.createString = make_text,
                                       .createArray = make_array,
                                       .createInteger = make_integer,
                                       .createNil = make_nil,
                                       .freeObject = free_reply};

}  // namespace

void Reader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

Reader::Reader() : reader_(redisReaderCreateWithFunctions(&functions)) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->maxbuf = kKeptBuffer;
}

Reader::~Reader() = default;

void Reader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Result<std::optional<Reply>> Reader::next() {
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    return Error{Errc::kUnavailable,
                 std::string("it does not speak Redis' protocol: ") + reader_->errstr,
                 {}};
  }
  if (made == nullptr) return std::optional<Reply>();
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(made));
  return std::optional(std::move(*reply));
}

}  // namespace engine::redis
