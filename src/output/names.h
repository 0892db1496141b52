#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/object.h"
#include "domain/submission.h"

// What every implementation of Output holds about names.
namespace engine {

// Ids become parts of paths, so nothing but a UUID's own characters may pass.
bool is_uuid(std::string_view text);

// kInvalid: no UUID, no attempt from 1 on, or a name that is empty or there twice.
Status check_put(const SubmissionId& id, int attempt, const std::vector<Object>& objects);

// 12 of "12/log.txt", "12.json" and "12.pack": how names begin below a submission's own.
std::optional<int> attempt_in(std::string_view name);

// "<id>/1/runs/0/stdout.txt" -> "<id>-1-runs-0-stdout.txt": safe in a header and on any disk.
std::string download_name(std::string_view path);

// As what an object is given out: our own texts end in ".txt"; files that a program left behind
// have numbers for names, and are just bytes.
std::string_view content_type_of(std::string_view path);

}  // namespace engine
