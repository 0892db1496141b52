package main

import "fmt"

func main() {
	var later []func() int
	for i := 0; i < 3; i++ {
		later = append(later, func() int { return i })
	}
	for _, f := range later {
		fmt.Println(f())
	}
}
