#include "sandbox/box_link.h"

#include <algorithm>
#include <array>
#include <system_error>

#include <unistd.h>

#include "sandbox/os_error.h"
#include "sandbox/record_socket.h"
#include "sandbox/run_request.h"
#include "sandbox/taken_files.h"

namespace engine::sandbox {
namespace {

// What a box says of names is not believed either: they go into paths and links.
Status check_name(const std::string& name) {
  if (wire::is_plain_name(name.data(), name.size())) return Ok{};
  return Error{Errc::kUnavailable, "box: it named a file as none can be named", {}};
}

wire::ScratchSize to_wire(const ScratchSize& size) {
  return {size.disk.count, size.files};
}

}  // namespace

BoxLink::BoxLink(CgroupMode mode, Fd mother, CgroupFds files)
    : mode_(mode), mother_(std::move(mother)), meter_(mode, std::move(files)) {}

Status BoxLink::order(const wire::ControlRequest& request, std::string_view names) {
  return send_record(mother_.get(), {as_bytes(request), names});
}

Status BoxLink::order_birth(const ScratchSize& size) {
  ready_ = false;
  size_ = size;
  if (mode_ != CgroupMode::kV2) meter_.make_room();  // On v2 a new leaf comes.
  wire::ControlRequest request;
  request.order = wire::Order::kBegin;
  request.leaf_was_killed = leaf_killed_ ? 1 : 0;
  request.size = to_wire(size);
  if (run_.is_open()) return order(request);
  TRY(SocketPair run, make_socket_pair());
  run_ = std::move(run.ours);
  const std::array theirs = {run.theirs.get()};
  return send_record(mother_.get(), {as_bytes(request)}, theirs);
}

Status BoxLink::order_reset(const ScratchSize& size) {
  ready_ = false;
  size_ = size;
  if (dirty_ && mode_ != CgroupMode::kV2) meter_.make_room();  // On v2 a new leaf comes.
  wire::ControlRequest request;
  request.order = wire::Order::kReset;
  request.spawner_is_left = dirty_ ? 0 : 1;
  request.leaf_was_killed = leaf_killed_ ? 1 : 0;
  request.size = to_wire(size);
  return order(request);
}

Status BoxLink::await_ready(Deadline deadline) {
  if (is_ready()) return Ok{};
  TRY(Message message, await(wire::Answer::kReady, deadline));
  return accept_ready(std::move(message));
}

Status BoxLink::accept_ready(Message message) {
  ready_ = true;
  dirty_ = true;
  if (message.reply.generation == generation_) return Ok{};
  generation_ = message.reply.generation;
  dead_ = false;
  leaf_killed_ = false;
  auto fd = message.fds.begin();
  CgroupFds files;
  for (std::size_t i = 0; i < files.size() && fd != message.fds.end(); ++i) {
    if ((message.reply.files & (1U << i)) != 0) files[i] = std::move(*fd++);
  }
  meter_.adopt(std::move(files));
  return forget_events();
}

// What an earlier spawner said that nobody read. The new one says nothing before it is asked.
Status BoxLink::forget_events() {
  for (;;) {
    const auto event = next_event();
    if (event) continue;
    return event.error().code == Errc::kNotFound ? Status(Ok{}) : event.error();
  }
}

Status BoxLink::resize(const ScratchSize& size, Deadline deadline) {
  if (size == size_) return Ok{};
  wire::ControlRequest request;
  request.order = wire::Order::kConfigure;
  request.size = to_wire(size);
  CHECK_OK(order(request));
  TRY(const Message done, await(wire::Answer::kConfigured, deadline));
  if (done.reply.error != 0) return os_error("box: resize its files", done.reply.error);
  size_ = size;
  return Ok{};
}

Status BoxLink::start(const RunSpec& spec, std::span<const int, 3> stdio, int bundle, int frozen) {
  std::vector<int> fds(stdio.begin(), stdio.end());
  wire::RunRequest request = make_run_request(spec);
  for (const int more : {bundle, frozen}) {
    if (more >= 0) fds.push_back(more);
  }
  request.has_bundle = bundle >= 0 ? 1 : 0;
  request.has_frozen = frozen >= 0 ? 1 : 0;
  return send_record(run_.get(), {as_bytes(request), join(spec.argv), join(spec.environment)}, fds);
}

Result<wire::RunReply> BoxLink::next_event() {
  wire::RunReply reply;
  const std::span<char> buffer(reinterpret_cast<char*>(&reply), sizeof(reply));
  TRY(const Record record, receive_record(run_.get(), buffer, Deadline::min()));
  if (record.size != sizeof(reply)) {
    return Error{Errc::kUnavailable, "box: a broken word from the spawner", {}};
  }
  return reply;
}

Status BoxLink::kill() {
  leaf_killed_ = true;
  Status killed = meter_.kill();
  if (killed || killed.error().code != Errc::kNotFound) return killed;
  wire::ControlRequest request;
  request.order = wire::Order::kKill;
  return order(request);
}

Result<bool> BoxLink::is_dead() {
  const Status dead = await_dead(Deadline::min());
  if (dead) return true;
  if (dead.error().code == Errc::kNotFound) return false;
  return dead.error();
}

Status BoxLink::await_dead(Deadline deadline) {
  if (dead_) return Ok{};
  TRY(const Message message, await(wire::Answer::kDead, deadline));
  dead_ = true;
  return Ok{};
}

Result<BoxLink::Message> BoxLink::next_message(Deadline deadline) {
  std::array<char, sizeof(wire::ControlReply) + wire::kMaxName + 1> buffer{};
  Message message;
  TRY(Record record, receive_record(mother_.get(), buffer, deadline));
  if (record.size < sizeof(message.reply)) {
    return Error{Errc::kUnavailable, "box: a broken word from its mother", {}};
  }
  std::copy_n(buffer.data(), sizeof(message.reply), reinterpret_cast<char*>(&message.reply));
  message.text.assign(buffer.data() + sizeof(message.reply), record.size - sizeof(message.reply));
  message.fds = std::move(record.fds);
  if (message.reply.answer == wire::Answer::kFailed) {
    return os_error("box: it cannot " + message.text, message.reply.error);
  }
  return message;
}

// Passes by what belongs to an earlier spawner.
Result<BoxLink::Message> BoxLink::await(wire::Answer answer, Deadline deadline) {
  for (;;) {
    auto message = next_message(deadline);
    if (!message && message.error().code == Errc::kNotFound && deadline != Deadline::min()) {
      return Error{Errc::kUnavailable, "box: its mother does not answer", {}};
    }
    if (!message) return std::move(message).error();
    const bool current = message->reply.generation == generation_ || answer == wire::Answer::kReady;
    if (message->reply.answer == answer && current) return message;
    if (message->reply.answer != wire::Answer::kDead) continue;
    if (message->reply.generation > generation_) {
      return Error{Errc::kUnavailable, "box: its spawner died before it was ready", {}};
    }
    if (current) dead_ = true;
  }
}

Status BoxLink::offer(const std::string& name, Deadline deadline) {
  wire::ControlRequest request;
  request.order = wire::Order::kOffer;
  request.names = 1;
  CHECK_OK(order(request, join({name})));
  TRY(const Message offered, await(wire::Answer::kOffered, deadline));
  if (offered.reply.error != 0) return os_error("box: make a FIFO", offered.reply.error);
  return Ok{};
}

Result<Fd> BoxLink::await_opened(Deadline deadline) {
  TRY(Message opened, await(wire::Answer::kOpened, deadline));
  if (opened.reply.error != 0) return os_error("box: open a FIFO", opened.reply.error);
  if (opened.fds.size() != 1) return Error{Errc::kUnavailable, "box: a lost FIFO", {}};
  return std::move(opened.fds.front());
}

Status BoxLink::replace(const FileSet& files, Deadline deadline) {
  const std::array bundle = {files.bundle_fd()};
  if (bundle[0] < 0) return Error{Errc::kUnavailable, "no memory for the run's files", {}};
  wire::ControlRequest request;
  request.order = wire::Order::kReplace;
  CHECK_OK(send_record(mother_.get(), {as_bytes(request)}, bundle));
  TRY(const Message done, await(wire::Answer::kReplaced, deadline));
  if (done.reply.error != 0) return os_error("box: place files", done.reply.error);
  return Ok{};
}

Result<std::vector<TakenFile>> BoxLink::take(const RunSpec& spec, Deadline deadline) {
  if (mode_ != CgroupMode::kV2) meter_.make_room();  // Who opens them is in the run's groups.
  const bool all = std::find(spec.take.begin(), spec.take.end(), "**") != spec.take.end();
  wire::ControlRequest request;
  request.order = wire::Order::kTake;
  request.names = all ? 0 : static_cast<std::uint32_t>(spec.take.size());
  request.max_files = static_cast<std::uint64_t>(spec.take_count);
  CHECK_OK(order(request, all ? std::string() : join(spec.take)));
  TakenFiles taken(spec.take_limit);
  for (;;) {
    TRY(Message message, next_message(deadline));
    switch (message.reply.answer) {
      case wire::Answer::kFile:
        if (message.fds.size() != 1) return Error{Errc::kUnavailable, "box: a lost file", {}};
        CHECK_OK(check_name(message.text));
        taken.add(std::move(message.text), message.fds.front(), message.reply.mode);
        break;
      case wire::Answer::kProblem:
        CHECK_OK(check_name(message.text));
        taken.add_problem(std::move(message.text), message.reply.error);
        break;
      case wire::Answer::kTakeEnd: return std::move(taken).finish(message.reply.error);
      default: break;  // A late word of the dead.
    }
  }
}

}  // namespace engine::sandbox
