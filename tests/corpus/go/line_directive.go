package main

import (
	"fmt"
	"runtime"
)

func main() {
//line elsewhere.go:100
	_, file, line, _ := runtime.Caller(0)
	fmt.Println(file, line)
}
