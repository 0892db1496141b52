#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "base/result.h"
#include "http/client.h"
#include "output/output.h"

namespace engine::gcs {

// One of Google's services over HTTP, patient with failures that may pass: 408, 429, 5xx and a
// broken connection are tried again, with pauses that grow and are spread by chance.
class Peer {
 public:
  // `client` and `options` outlive it.
  Peer(const http::Client& client, const GcsOptions& options)
      : client_(client), options_(options) {}

  // kUnavailable: no answer in all attempts, or the last was still of those kinds.
  Result<http::ClientAnswer> send(const http::ClientRequest& request) const;
  // The same, once: the answer may be of any status.
  Result<http::ClientAnswer> send_once(const http::ClientRequest& request) const;

  int attempts() const { return options_.attempts; }
  // Sleeps as is due after the failed attempt of that number, counted from 1.
  void pause(int attempt) const;

 private:
  const http::Client& client_;
  const GcsOptions& options_;
};

// Whether the same request may go well later.
bool may_pass(int status);

// What a service says in its answer of an unwelcome status, as one sentence about `what`.
Error refusal(const http::ClientAnswer& answer, const std::string& what);

// The object that the answer's body holds. kUnavailable: it holds none; `what` names the peer.
Result<boost::json::object> json_object(const http::ClientAnswer& answer, const std::string& what);
// Its member, a text or a whole number; empty if there is none.
std::string text_of(const boost::json::object& object, std::string_view member);

}  // namespace engine::gcs
