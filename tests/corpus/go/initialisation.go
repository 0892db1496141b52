package main

import "fmt"

var (
	a = b + 1
	b = f()
)

func f() int { fmt.Println("f"); return 2 }

func init() { fmt.Println("first", a, b) }
func init() { fmt.Println("second") }

func main() { fmt.Println("main") }
