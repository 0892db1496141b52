package main

import (
	"fmt"
	"os"
)

func main() {
	defer fmt.Println("never")
	fmt.Fprintln(os.Stderr, "leaving")
	os.Exit(7)
}
