#pragma once

#include "base/result.h"
#include "store/postgres_server.h"

namespace engine::postgres {

// Takes the schema to the present version; of many processes one does so, and the others wait.
// kInvalid: it is of a later version of the program, or we may make no tables.  kInternal: another
// program's tables are in the way.  Else as Server::connect().
Status migrate(const Server& server);

}  // namespace engine::postgres
