// Boost.JSON has no library of its own in Debian 12: its code is compiled here, once for this
// module.
#include <boost/json/src.hpp>
