#pragma once

#include <memory>

#include "api/context.h"

namespace engine::api {

// One coroutine per route of docs/openapi.yaml. `owner` is whose token the request carried; it is
// empty where the route needs none.
using ContextPtr = std::shared_ptr<const Context>;

// The submission upload API (upload.cc).
Answer upload_source(ContextPtr context, OwnerId owner, http::Request request);
Answer upload_url(ContextPtr context, OwnerId owner, http::Request request);
Answer show_executed_url(ContextPtr context, OwnerId owner, http::Request request);

// The full API (submissions.cc, events.cc).
Answer create_submission(ContextPtr context, OwnerId owner, http::Request request);
Answer show_submission(ContextPtr context, OwnerId owner, http::Request request);
Answer cancel_submission(ContextPtr context, OwnerId owner, http::Request request);
Answer stream_events(ContextPtr context, OwnerId owner, http::Request request);

// What links lead to (files.cc).
Answer download_file(ContextPtr context, OwnerId owner, http::Request request);

// The server itself (system.cc).
Answer list_languages(ContextPtr context, OwnerId owner, http::Request request);
Answer show_health(ContextPtr context, OwnerId owner, http::Request request);
Answer show_readiness(ContextPtr context, OwnerId owner, http::Request request);
Answer show_metrics(ContextPtr context, OwnerId owner, http::Request request);

}  // namespace engine::api
