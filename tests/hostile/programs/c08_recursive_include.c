/* includes itself twice, to a depth that the compiler allows: 2^200 files */
#include __FILE__
#include __FILE__
int main(void) { return 0; }
