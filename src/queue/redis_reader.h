#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "queue/redis_reply.h"

struct redisReader;  // NOLINT: hiredis names it so

namespace engine::redis {

// Makes replies of the bytes that Redis sends (RESP 2), by hiredis' parser.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void feed(std::string_view bytes);
  // Nothing: there is no whole reply yet. kUnavailable: whoever sends speaks another protocol, or
  // sends what no memory holds; and so from then on.
  Result<std::optional<Reply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  const std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace engine::redis
