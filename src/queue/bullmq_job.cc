#include "queue/bullmq_job.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <boost/json.hpp>

#include "base/encoding.h"
#include "base/hash.h"

namespace engine::bullmq {
namespace {

namespace json = boost::json;

// Ten years. Scores of delayed jobs are milliseconds times 4096, in a double.
constexpr double kLongest = 10.0 * 365 * 24 * 3'600 * 1'000;
constexpr std::int64_t kMost = 1'000'000'000;

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(name);
}

std::optional<double> number(const json::object& object, std::string_view name) {
  const auto* value = member(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::int64_t> count(const json::object& object, std::string_view name,
                                  std::int64_t least = 0) {
  const auto value = number(object, name);
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(
      std::clamp(*value, static_cast<double>(least), static_cast<double>(kMost)));
}

bool flag(const json::object& object, std::string_view name) {
  const auto* value = member(object, name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

// true, false, a count, or an object: see BullMQ's removeOnComplete.
std::optional<KeepJobs> keep_jobs(const json::object& options, std::string_view name) {
  const auto* value = member(options, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return KeepJobs{.count = value->get_bool() ? 0 : -1};
  if (value->is_number()) return KeepJobs{.count = count(options, name, -1)};
  if (!value->is_object()) return std::nullopt;
  const auto& object = value->get_object();
  KeepJobs keep{.count = count(object, "count", -1),
                .age = count(object, "age"),
                .limit = count(object, "limit", 1)};
  if (!keep.count && !keep.age) keep.count = -1;
  return keep;
}

std::optional<Backoff> backoff(const json::object& options) {
  const auto* value = member(options, "backoff");
  if (value == nullptr) return std::nullopt;
  Backoff backoff;
  const auto as_delay = [](double number) {
    return Milliseconds{static_cast<std::int64_t>(std::clamp(number, 0.0, kLongest))};
  };
  if (value->is_number()) {
    backoff.delay = as_delay(number(options, "backoff").value_or(0));
    return backoff;
  }
  if (!value->is_object()) return std::nullopt;
  const auto& object = value->get_object();
  const auto* type = member(object, "type");
  backoff.is_exponential =
      type != nullptr && type->is_string() && type->get_string() == "exponential";
  backoff.delay = as_delay(number(object, "delay").value_or(0));
  backoff.jitter = std::clamp(number(object, "jitter").value_or(0), 0.0, 1.0);
  return backoff;
}

// Of the stack, for what is usually parsed.
struct Memory {
  std::array<unsigned char, 2'048> first;
  json::monotonic_resource resource{first.data(), first.size()};
};

// Lives no longer than `memory`.
Result<json::object> parse_object(std::string_view text, json::monotonic_resource& memory) {
  boost::system::error_code fault;
  auto value = json::parse(text, fault, &memory);
  if (fault || !value.is_object()) {
    return Error{Errc::kInvalid, "the job's data is no JSON object", {}};
  }
  return std::move(value.get_object());
}

// A UUID made from what names the job: version 8, "custom", of RFC 9562.
SubmissionId made_id(std::string_view queue, const Job& job) {
  std::string named;
  for (const std::string_view part :
       {queue, std::string_view(job.id), std::string_view(job.timestamp)}) {
    named.append(std::to_string(part.size())).append(":").append(part);
  }
  auto bytes = sha256(named).substr(0, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    text.insert(at, 1, '-');
  return {text};
}

}  // namespace

JobOptions JobOptions::parse(std::string_view text) {
  Memory memory;
  const auto object = parse_object(text, memory.resource);
  JobOptions options;
  if (!object) return options;
  options.attempts = count(*object, "attempts").value_or(0);
  options.backoff = bullmq::backoff(*object);
  options.keep_completed = keep_jobs(*object, "removeOnComplete");
  options.keep_failed = keep_jobs(*object, "removeOnFail");
  options.keep_logs = count(*object, "kl");
  options.is_lifo = flag(*object, "lifo");
  options.fail_parent = flag(*object, "fpof");
  options.continue_parent = flag(*object, "cpof");
  options.ignore_dependency = flag(*object, "idof");
  options.remove_dependency = flag(*object, "rdof");
  return options;
}

Job read_job(const redis::Reply& fields, std::string id, std::string token) {
  Job job{.id = std::move(id), .token = std::move(token)};
  for (std::size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
    const auto& name = fields.at(i).text;
    const auto& value = fields.at(i + 1).text;
    if (name == "data") {
      job.data = value;
    } else if (name == "opts") {
      job.options = JobOptions::parse(value);
    } else if (name == "timestamp") {
      job.timestamp = value;
    } else if (name == "defa") {
      job.deferred_failure = value;
    } else if (name == "atm") {
      std::from_chars(value.data(), value.data() + value.size(), job.attempts_made);
    }
  }
  return job;
}

Milliseconds backoff_delay(const Backoff& backoff, std::int64_t attempts_made, double chance) {
  auto delay = static_cast<double>(backoff.delay.count());
  if (backoff.is_exponential) {
    delay *= std::exp2(static_cast<double>(std::clamp<std::int64_t>(attempts_made - 1, 0, 1'000)));
  }
  delay = std::min(delay, kLongest);
  return Milliseconds{static_cast<std::int64_t>(delay * (1 - backoff.jitter * chance))};
}

Result<Content> read_content(const Job& job, std::string_view queue, Bytes largest_request) {
  if (job.data.size() > static_cast<std::size_t>(largest_request.count)) {
    return Error{Errc::kInvalid, "the job's data is larger than this engine takes", {}};
  }
  Memory memory;
  TRY(const auto object, parse_object(job.data, memory.resource));
  const auto* named = member(object, "submissionId");
  if (named == nullptr) return Content{.submission = made_id(queue, job), .request = job.data};
  // Somebody else's submission must not be worked on under the name of another job.
  if (!named->is_string() || std::string_view(named->get_string()) != job.id) {
    return Error{Errc::kInvalid, "the job's submissionId is not the job's own id", {}};
  }
  return Content{.submission = {job.id}};
}

}  // namespace engine::bullmq
