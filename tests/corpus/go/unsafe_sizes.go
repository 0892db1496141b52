package main

import (
	"fmt"
	"unsafe"
)

type mixed struct {
	a bool
	b int64
	c uint16
}

func main() {
	m := mixed{c: 513}
	fmt.Println(unsafe.Sizeof(m), unsafe.Offsetof(m.c), *(*byte)(unsafe.Pointer(&m.c)))
}
