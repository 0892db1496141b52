#pragma once

#include <vector>

#include "output/output.h"

// What every implementation of Output asks of its arguments. kInvalid.
namespace engine {

// Ids become names of directories, so nothing but a UUID's own characters may pass.
bool is_uuid(std::string_view text);

// An id and an attempt that can be, and objects of different names.
Status check_objects(const SubmissionId& id, int attempt, const std::vector<Object>& objects);

Status check_range(Output::Range range);

}  // namespace engine
