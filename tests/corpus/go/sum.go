package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	var n, sum int
	for {
		if _, err := fmt.Fscan(in, &n); err != nil {
			break
		}
		sum += n
	}
	fmt.Println(sum)
}
