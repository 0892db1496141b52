#include <string>
std::string again(std::string s) { return s + s }
