// The shortest with the big header: nothing of it is used but printf.
#include <bits/stdc++.h>

int main(void)
{
	printf("%s\n", "hello");
	return 0;
}
