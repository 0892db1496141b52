package main

import "fmt"

func main() {
	defer func() { fmt.Printf("%T\n", recover()) }()
	panic(nil)
}
