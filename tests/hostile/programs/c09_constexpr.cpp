// a loop that the compiler runs
constexpr unsigned long spin(unsigned long n) {
  unsigned long sum = 0;
  for (unsigned long i = 0; i < n; ++i)
    for (unsigned long j = 0; j < 200000; ++j) sum += i ^ j;
  return sum;
}
static_assert(spin(200000) == 1);
int main() {}
