#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace engine::app {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // Beside it.
};

// Whom the engine becomes: nothing when it was not started as root, or when `user` is "root".
// kInvalid: there is no such user; says how to make one.
Result<std::optional<Account>> account_to_become(const std::string& user);

// Makes the directory and what must lie in it, and gives all of it to `account` if it is not his.
// Returns the path under which `account` can reach it: where a directory above is closed to him (a
// checkout below /root), that is a private bind mount which only this process sees. Call as root,
// before threads.
Result<std::string> prepare_data_directory(const std::string& path,
                                           const std::optional<Account>& account);

// Makes the directory `name` in a data directory that has been prepared, for what every box may
// read whose name it knows: `account` writes there, others can only search it. Call as root.
Status prepare_shown_directory(const std::string& data, const std::string& name,
                               const std::optional<Account>& account);

// Gives up root for good: ids, groups, every capability, and the way back. Call before threads.
Status become(const Account& account);

}  // namespace engine::app
