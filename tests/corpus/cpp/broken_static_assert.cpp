#include <array>
#include <type_traits>
static_assert(sizeof(std::array<int, 4>) == 15, "four ints fit into fifteen bytes");
int main() {}
