#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/parse.hpp>

#include "api/api.h"
#include "engine/testing/house.h"

namespace engine::api::testing {

// A request as the server would have read it: "GET", "/a/b?c=d".
inline http::Request request(std::string method, const std::string& target,
                             std::string content_type = {}, std::string body = {}) {
  http::Request request;
  request.method = std::move(method);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  std::string query = mark == std::string::npos ? "" : target.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    request.query.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    query = end == std::string::npos ? "" : query.substr(end + 1);
  }
  if (!content_type.empty()) request.headers.emplace_back("Content-Type", content_type);
  request.body = std::move(body);
  return request;
}

inline const std::string kBash = R"({"language":"bash","source":"echo"})";

inline http::Request post_json(const std::string& target, std::string body) {
  return request("POST", target, "application/json", std::move(body));
}

struct FormField {
  std::string name;
  std::optional<std::string> file_name;
  std::string content;
};

inline http::Request post_form(const std::vector<FormField>& fields) {
  std::string body;
  for (const FormField& field : fields) {
    body += "--edge\r\nContent-Disposition: form-data; name=\"" + field.name + "\"";
    if (field.file_name) body += "; filename=\"" + *field.file_name + "\"";
    body += "\r\n\r\n" + field.content + "\r\n";
  }
  return request("POST", "/api/v1/submission", "multipart/form-data; boundary=edge",
                 body + "--edge--\r\n");
}

inline std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

// Takes what a stream writes. As a slow client, it may be told to pause after each piece.
class TextWriter final : public http::StreamWriter {
 public:
  boost::asio::awaitable<bool> write(std::string bytes) override {
    text += bytes;
    if (on_write) on_write(text);
    co_return open;
  }
  std::string text;
  bool open = true;
  std::function<void(const std::string& so_far)> on_write;
};

// The whole API on an engine among fakes. call() runs the coroutines on the test's own thread.
struct ApiHouse {
  explicit ApiHouse(ApiOptions with = {}) : options(std::move(with)) {
    auto ports = house.ports();
    ports.links = &signer;
    engine = std::make_unique<Engine>(std::move(ports), engine::testing::test_options());
    options.clock = &house.clock;
    make_handler();
  }
  ~ApiHouse() {
    handler = nullptr;
    engine.reset();
    fetching.join();
    blocking.join();
  }

  void make_handler() { handler = make_api(*engine, {blocking, fetching}, options); }

  http::Response call(http::Request request) {
    std::optional<http::Response> answer;
    const auto done = [&](const std::exception_ptr& bug, http::Response response) {
      if (bug) std::rethrow_exception(bug);
      answer = std::move(response);
      io.stop();
    };
    boost::asio::co_spawn(io, handler(std::move(request)), done);
    run_until_stopped();
    return answer ? *std::move(answer) : http::Response{.status = 0, .body = "no answer came"};
  }

  // Writes a response's stream to its end.
  void pump(const http::Response& response, TextWriter& writer) {
    boost::asio::co_spawn(io, response.stream(writer), [&](const std::exception_ptr& bug) {
      if (bug) std::rethrow_exception(bug);
      io.stop();
    });
    run_until_stopped();
  }

  void run_until_stopped() {
    io.restart();
    io.run_for(engine::testing::kForever);
  }

  // Submits what must be accepted, and returns its id.
  std::string submit(std::string body = R"({"language":"bash","source":"echo"})") {
    const auto response = call(post_json("/api/v1/submissions", std::move(body)));
    if (response.status != 201) return response.body;
    return boost::json::parse(response.body).at("id").as_string().c_str();
  }

  // Waits for its end.
  void finish(const std::string& id) {
    engine::testing::EventLog log;
    const auto subscription = engine->subscribe(SubmissionId{id}, owner, log.listener());
    if (subscription) log.final_record();
  }

  boost::asio::io_context io{1};
  boost::asio::thread_pool blocking{2};
  boost::asio::thread_pool fetching{2};
  engine::testing::House house;
  LinkSigner signer{"key", "http://127.0.0.1:8080", house.clock};
  OwnerId owner;
  ApiOptions options;

  // Beside the house's own, which knows no links and is never started.
  std::unique_ptr<Engine> engine;
  http::Handler handler;
};

}  // namespace engine::api::testing
