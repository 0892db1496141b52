#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "output/gcs_peer.h"

namespace engine::gcs {

// Sends `bytes` to a resumable upload's session in pieces of `piece` bytes. After a broken
// connection it asks how far the service has come, and goes on from there. The session's URL is
// secret and needs no token. Gives the last answer, of any status; 404 and 410: the session has
// ended. kUnavailable: no progress in as many attempts as `peer` makes.
Result<http::ClientAnswer> send_pieces(const Peer& peer, const std::string& session_url,
                                       std::string_view bytes, std::size_t piece);

}  // namespace engine::gcs
