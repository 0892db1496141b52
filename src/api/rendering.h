#pragma once

#include <memory>
#include <string>

#include "api/handlers.h"

namespace engine::api {

// submission_json() with the engine's links. Waits for the output's signer, and takes its time with
// much output, so it belongs on the pool.
Result<std::string> render(Engine& engine, const Record& record);

// Engine::find(), rendered. Waits for the store.
Result<std::string> find_and_render(Engine& engine, const SubmissionId& id, const OwnerId& owner);

// 200 and the submission object, made here and now: for what is light.
http::Response rendered(const Context& context, const Record& record);

// The same, made on the pool unless it is light.
Answer render(ContextPtr context, std::shared_ptr<const Record> record);

}  // namespace engine::api
