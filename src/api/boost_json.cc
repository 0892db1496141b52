// Boost.JSON comes as headers; this is the one place that compiles its code.
#include <boost/json/src.hpp>
