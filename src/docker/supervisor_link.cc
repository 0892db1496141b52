#include "docker/supervisor_link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/random.h"
#include "sandbox/run_request.h"

namespace engine::docker {
namespace {

using std::chrono::steady_clock;
using wire::Kind;

constexpr std::size_t kWrapping = 8;  // The engine's head: the stream, three zeros, a length.
constexpr char kStdout = 1;
constexpr char kStderr = 2;
constexpr std::size_t kMostComplaint = 1'024;

Error lost(const std::string& what) {
  return {Errc::kUnavailable, "container: " + what, {}};
}

template <typename T>
std::string_view as_bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::uint64_t random_name() {
  std::uint64_t name = 0;
  std::memcpy(&name, random_bytes(sizeof(name)).data(), sizeof(name));
  return name;
}

std::string run_message(const sandbox::RunSpec& spec) {
  const bool all = std::find(spec.take.begin(), spec.take.end(), "**") != spec.take.end();
  const std::string names = all ? std::string() : sandbox::join(spec.take);
  wire::RunRequest request;
  request.cpu_us = spec.limits.cpu_time.count();
  request.wall_us = spec.limits.wall_time.count();
  request.output = spec.limits.output.count;
  request.take_bytes = spec.take_limit.count;
  request.take_count = static_cast<std::uint64_t>(spec.take_count);
  request.processes = static_cast<std::uint32_t>(spec.limits.processes);
  request.name_bytes = static_cast<std::uint32_t>(names.size());
  request.takes_all = all ? 1 : 0;
  request.observed = spec.observer != nullptr ? 1 : 0;
  const sandbox::wire::RunRequest command = sandbox::make_run_request(spec);
  std::string message(as_bytes(request));
  message.append(names).append(as_bytes(command));
  return message.append(sandbox::join(spec.argv)).append(sandbox::join(spec.environment));
}

}  // namespace

// A file set's bundle, to be read as if it were in memory, where it is.
class SupervisorLink::Mapping {
 public:
  static Result<std::unique_ptr<Mapping>> of(const sandbox::FileSet& files) {
    struct stat status{};
    const int fd = files.bundle_fd();
    if (fd < 0 || ::fstat(fd, &status) != 0) return lost("no memory for the run's files");
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) return lost("no memory for the run's files");
    return std::make_unique<Mapping>(at, size);
  }
  Mapping(void* at, std::size_t size) : at_(at), size_(size) {}
  ~Mapping() { ::munmap(at_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(at_), size_}; }

 private:
  void* at_;
  std::size_t size_;
};

SupervisorLink::SupervisorLink(EngineClient::Stream stream) : socket_(std::move(stream.socket)) {
  unwrap(stream.rest);
}

SupervisorLink::~SupervisorLink() = default;

Status SupervisorLink::await_ready(Deadline deadline) {
  while (!ready_) {
    TRY(const auto frame, next());
    if (frame) {
      if (frame->kind != Kind::kReady) return lost("a word out of place");
      break;
    }
    const auto left = std::chrono::ceil<Milliseconds>(deadline - steady_clock::now());
    pollfd wait = {socket_.get(), static_cast<short>(POLLIN | (pieces_.empty() ? 0 : POLLOUT)), 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
      return lost("its supervisor does not answer");
    }
    if ((wait.revents & POLLOUT) != 0) CHECK_OK(send_some());
    if ((wait.revents & ~POLLOUT) != 0) CHECK_OK(receive_some());
  }
  ready_ = true;
  return is_broken() ? Status(lost("its stream has ended")) : Status(Ok{});
}

Status SupervisorLink::start(const sandbox::RunSpec& spec) {
  ready_ = false;
  run_ = random_name();
  most_taken_ = static_cast<std::uint64_t>(spec.take_limit.count);
  if (pieces_.empty()) kept_.clear();
  if (spec.files != nullptr && !spec.files->files().empty()) {
    TRY(bundle_, Mapping::of(*spec.files));
    queue(Kind::kFiles, bundle_->bytes());
  }
  queue(Kind::kRun, keep(run_message(spec)));
  for (std::string_view rest = spec.input; !rest.empty();) {
    const std::string_view piece = rest.substr(0, wire::kMaxPiece);
    queue(Kind::kInput, piece);
    rest.remove_prefix(piece.size());
  }
  queue(Kind::kInput, {});
  return send_some();
}

std::string_view SupervisorLink::keep(std::string bytes) {
  return kept_.emplace_back(std::move(bytes));
}

void SupervisorLink::queue(Kind kind, std::string_view bytes) {
  wire::Header header;
  header.kind = kind;
  header.run = run_;
  header.bytes = bytes.size();
  pieces_.push_back({keep(std::string(as_bytes(header))), true});
  if (!bytes.empty()) pieces_.push_back({bytes, false});
}

Status SupervisorLink::send_some() {
  while (!pieces_.empty()) {
    std::string_view& bytes = pieces_.front().bytes;
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return Ok{};
    if (count < 0) return lost("its stream has ended");
    in_frame_ = true;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    if (!bytes.empty()) continue;
    pieces_.pop_front();
    in_frame_ = !pieces_.empty() && !pieces_.front().begins_frame;
  }
  return Ok{};
}

// What has begun is finished, as the supervisor counts on it. It is copied, for the input's owner
// will go his way.
void SupervisorLink::stop_sending() {
  auto end = pieces_.begin();
  if (in_frame_ && end != pieces_.end()) {
    do {
      ++end;
    } while (end != pieces_.end() && !end->begins_frame);
  }
  pieces_.erase(end, pieces_.end());
  for (Piece& piece : pieces_)
    piece.bytes = keep(std::string(piece.bytes));
}

Status SupervisorLink::receive_some() {
  std::array<char, 64 << 10> buffer;
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Ok{};
  if (count <= 0) {
    return lost(complaint_.empty() ? "its stream has ended" : "its supervisor says: " + complaint_);
  }
  incoming_.erase(0, std::exchange(read_, 0));
  unwrap({buffer.data(), static_cast<std::size_t>(count)});
  return Ok{};
}

// A frame of the engine may come in any number of parts, and so may its head.
void SupervisorLink::unwrap(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      const std::size_t part = std::min(kWrapping - wrapped_.size(), bytes.size());
      wrapped_.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      if (wrapped_.size() < kWrapping) return;
      stream_ = wrapped_[0];
      for (std::size_t i = 4; i < kWrapping; ++i)
        left_ = left_ << 8 | static_cast<unsigned char>(wrapped_[i]);
      wrapped_.clear();
      continue;
    }
    const std::string_view part = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
    if (stream_ == kStdout) incoming_.append(part);
    if (stream_ == kStderr && complaint_.size() < kMostComplaint) complaint_.append(part);
    bytes.remove_prefix(part.size());
    left_ -= part.size();
  }
}

std::uint64_t SupervisorLink::most_of(Kind kind) const {
  switch (kind) {
    case Kind::kStdout:
    case Kind::kStderr: return wire::kMaxPiece;
    case Kind::kUsage: return sizeof(wire::Usage);
    case Kind::kEnded: return sizeof(wire::Ended);
    case Kind::kTaken: return sizeof(wire::TakenHead) + sandbox::wire::kMaxName + most_taken_;
    case Kind::kDone: return sizeof(std::int32_t);
    default: return 0;
  }
}

Result<std::optional<SupervisorLink::Frame>> SupervisorLink::next() {
  wire::Header header;
  const std::string_view came = std::string_view(incoming_).substr(read_);
  if (came.size() < sizeof(header)) return std::optional<Frame>();
  std::memcpy(&header, came.data(), sizeof(header));
  const bool known = header.kind >= Kind::kReady && header.kind <= Kind::kDone;
  if (!known || header.run != (header.kind == Kind::kReady ? 0 : run_) ||
      header.bytes > most_of(header.kind)) {
    return lost("its supervisor broke the protocol");
  }
  if (came.size() - sizeof(header) < header.bytes) return std::optional<Frame>();
  Frame frame{header.kind, std::string(came.substr(sizeof(header), header.bytes))};
  read_ += sizeof(header) + header.bytes;
  return std::optional<Frame>(std::move(frame));
}

bool SupervisorLink::is_broken() const {
  char byte = 0;
  const ssize_t count = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace engine::docker
