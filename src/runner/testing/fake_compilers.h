#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "base/fields.h"
#include "runner/compile_frames.h"
#include "sandbox/boxes.h"
#include "sandbox/cgroup.h"
#include "sandbox/conversation.h"
#include "sandbox/memory_file.h"

namespace engine::testing {

// A request, as a compiler that is kept running hears it.
struct HeardRequest {
  std::uint64_t number = 0;
  std::vector<std::string> arguments;
  std::vector<sandbox::File> files;
};

inline sandbox::File class_file(std::string name, std::string content = "code") {
  return {std::move(name), "\xca\xfe\xba\xbe" + content, false};
}

// The body of an answer, with whatever is to stand in it.
inline std::string answer_body(std::uint64_t number, bool counts,
                               const std::vector<sandbox::File>& files) {
  std::string body;
  append_number(body, number);
  append_number(body, static_cast<std::uint8_t>(counts ? 1 : 0));
  append_number(body, static_cast<std::uint32_t>(files.size()));
  for (const sandbox::File& file : files) {
    for (const std::string& text : {file.name, file.content}) {
      append_number(body, static_cast<std::uint32_t>(text.size()));
      body += text;
    }
  }
  return body;
}

// The other end of a conversation: what a compiler has as stdin and stdout.
class CompilerEnd {
 public:
  explicit CompilerEnd(const sandbox::RunSpec& spec)
      : argv(spec.argv), end_(::dup(spec.conversation->their_end())), observer_(*spec.observer) {}

  // Nothing: the engine has ended it.
  std::optional<HeardRequest> hear() {
    const std::string head = bytes(kFrameHead);
    if (head.size() < kFrameHead) return std::nullopt;
    const std::string body = bytes(*frame_size(head));
    Fields fields(body);
    HeardRequest request{.number = fields.number<std::uint64_t>()};
    for (auto left = fields.number<std::uint32_t>(); left > 0; --left)
      request.arguments.emplace_back(text(fields));
    for (auto left = fields.number<std::uint32_t>(); left > 0; --left) {
      const std::string name(text(fields));
      request.files.push_back({name, std::string(text(fields)), false});
    }
    return request;
  }
  void say(std::string_view raw) const {
    static_cast<void>(::send(end_.get(), raw.data(), raw.size(), MSG_NOSIGNAL));
  }
  void answer(const std::string& body) const {
    std::string frame;
    append_number(frame, static_cast<std::uint32_t>(body.size()));
    say(frame + body);
  }
  void be_ready() const { answer(answer_body(0, false, {})); }
  void hang_up() const { ::shutdown(end_.get(), SHUT_RDWR); }
  void take_memory(Bytes now) {
    sandbox::LiveUsage usage;
    usage.memory_now = now;
    observer_.on_usage(usage);
  }

  const std::vector<std::string> argv;  // What it was started as.

 private:
  static std::string_view text(Fields& fields) {
    return fields.bytes(fields.number<std::uint32_t>());
  }
  std::string bytes(std::size_t size) const {
    std::string all(size, '\0');
    const ssize_t count = size == 0 ? 0 : ::recv(end_.get(), all.data(), size, MSG_WAITALL);
    all.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return all;
  }

  const Fd end_;
  sandbox::Observer& observer_;
};

// Is ready, and leaves a class for each source.
inline void compile_well(CompilerEnd& end) {
  end.be_ready();
  while (const auto request = end.hear()) {
    std::vector<sandbox::File> files;
    for (const sandbox::File& file : request->files)
      files.push_back(class_file(file.name.substr(0, file.name.rfind('.')) + ".class"));
    end.answer(answer_body(request->number, true, files));
  }
}

// Boxes whose runs are compilers that are kept running, each of which does as `behave` does. Safe
// from any thread.
class FakeCompilers : public sandbox::Boxes {
 public:
  using Behaviour = std::function<void(CompilerEnd& end)>;

  explicit FakeCompilers(Behaviour how = compile_well) : behave(std::move(how)) {}

  Result<std::unique_ptr<sandbox::Box>> acquire(const std::string&) override {
    return std::unique_ptr<sandbox::Box>(std::make_unique<FakeBox>(*this));
  }
  bool can_converse() const override { return converses; }
  sandbox::Reuse reuse() const override { return policy; }
  int ready() const override { return 0; }

  const Behaviour behave;
  bool converses = true;
  sandbox::Reuse policy = sandbox::Reuse::kSubmission;
  std::atomic<int> started = 0;
  std::atomic<int> ended = 0;

 private:
  class FakeBox : public sandbox::Box {
   public:
    explicit FakeBox(FakeCompilers& boxes) : boxes_(boxes) {}

    Result<sandbox::RunReport> run(const sandbox::RunSpec& spec) override {
      ++boxes_.started;
      CompilerEnd end(spec);
      sandbox::CgroupFds files;
      const std::array cpu = {std::string_view("usage_usec 7\n")};
      files[static_cast<std::size_t>(sandbox::CgroupFile::kCpu)] =
          *sandbox::make_memory_file("cpu", cpu);
      const sandbox::RunMeter meter(sandbox::CgroupMode::kV2, std::move(files));
      spec.conversation->begin(meter);
      spec.conversation->handed_over();
      end.take_memory(Bytes{1'000});
      {
        const std::stop_callback stopped(spec.stop, [&] { end.hang_up(); });
        boxes_.behave(end);
      }
      spec.conversation->over();
      ++boxes_.ended;
      sandbox::RunReport report;
      report.log = "its last words";
      return report;
    }

   private:
    FakeCompilers& boxes_;
  };
};

}  // namespace engine::testing
