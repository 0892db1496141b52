#pragma once

#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/clock.h"
#include "base/testing/child.h"
#include "base/testing/test_directory.h"
#include "http/client.h"
#include "output/output.h"

namespace engine {

// A throw-away RSA key in PEM; the same for the whole test program, as making one takes a while.
inline const std::string& test_rsa_key() {
  static const std::string pem = [] {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(BIO_new(BIO_s_mem()), BIO_free);
    if (PEM_write_bio_PKCS8PrivateKey(bytes.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1) {
      throw std::runtime_error("cannot make a test key");
    }
    char* text = nullptr;
    const long size = BIO_get_mem_data(bytes.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  }();
  return pem;
}

// tests/fakes/gcs.py as a child process, with one bucket and one account.
class FakeGcs {
 public:
  static constexpr const char* kEmail = "engine@project-x.iam.gserviceaccount.com";

  explicit FakeGcs(const std::vector<std::string>& flags = {}) {
    write_key(std::string(64, '0'));  // What the token's URL is, is known when the fake has a port.
    start(flags);
    write_key(url() + "/token");
  }
  FakeGcs(const FakeGcs&) = delete;
  FakeGcs& operator=(const FakeGcs&) = delete;

  std::string host() const { return "127.0.0.1:" + port_; }
  std::string url() const { return "http://" + host(); }
  std::string key_file() const { return directory_.path() + "/key.json"; }

  // To reach it with; failures are tried again without waiting.
  GcsOptions options() const {
    GcsOptions options;
    options.bucket = "outputs";
    options.prefix = "some/where";
    options.credentials_file = key_file();
    options.storage_url = url();
    options.signing_url = url();
    options.metadata_host = host();
    options.sleep = [](Milliseconds) {};
    return options;
  }

  // What the fake's Control understands.
  void fault(const boost::json::object& order) const {
    control("POST", "faults", boost::json::serialize(order));
  }
  void forget_faults() const { control("DELETE", "faults"); }
  void revoke_tokens() const { control("POST", "revoke"); }
  void forget_requests() const { control("DELETE", "requests"); }
  // The requests so far that contain `part`: "METHOD /path?query".
  std::vector<std::string> requests(std::string_view part = {}) const {
    return texts(boost::json::parse(control("GET", "requests")), part);
  }
  std::vector<std::string> objects(std::string_view part = {}) const {
    return texts(boost::json::parse(control("GET", "objects")).at("outputs"), part);
  }

  http::ClientAnswer send(const http::ClientRequest& request) const {
    auto answer = client_->request(request);
    if (!answer) throw std::runtime_error(answer.error().message);
    return *std::move(answer);
  }

 private:
  void write_key(const std::string& token_url) const {
    std::ofstream(key_file()) << boost::json::serialize(boost::json::object{
        {"type",         "service_account"},
        {"client_email", kEmail           },
        {"private_key",  test_rsa_key()   },
        {"token_uri",    token_url        }
    });
  }

  void start(const std::vector<std::string>& flags) {
    std::vector<std::string> command{"/usr/bin/python3",
                                     ENGINE_SOURCE_DIR "/tests/fakes/gcs.py",
                                     "--until-stdin-ends",
                                     "--bucket",
                                     "outputs",
                                     "--account",
                                     key_file()};
    command.insert(command.end(), flags.begin(), flags.end());
    child_.emplace(std::move(command));
    const std::string line = child_->line();  // "listening on 127.0.0.1:<port>"
    if (!line.starts_with("listening on ")) throw std::runtime_error("no fake of GCS: " + line);
    port_ = line.substr(line.rfind(':') + 1);
  }

  std::string control(const char* method, const std::string& what,
                      std::string_view body = {}) const {
    return send({.method = method, .url = url() + "/_control/" + what, .body = body}).body;
  }

  static std::vector<std::string> texts(const boost::json::value& list, std::string_view part) {
    std::vector<std::string> found;
    for (const auto& item : list.as_array()) {
      const std::string text(item.as_string());
      if (text.find(part) != std::string::npos) found.push_back(text);
    }
    return found;
  }

  const TestDirectory directory_;
  std::optional<Child> child_;
  std::string port_;
  std::unique_ptr<http::Client> client_ = *http::make_client({});
};

// The machine's clocks, which a test can let run ahead.
class LeapClock final : public Clock {
 public:
  WallTime wall() const override { return system_clock().wall() + wall_; }
  SteadyTime steady() const override { return system_clock().steady() + steady_; }
  void leap_wall(std::chrono::seconds time) { wall_ += time; }
  void leap_steady(std::chrono::seconds time) { steady_ += time; }

 private:
  std::chrono::seconds wall_{0};
  std::chrono::seconds steady_{0};
};

}  // namespace engine
