package main

import (
	"fmt"
	"net/http"
)

func main() {
	_, err := http.Get("http://192.0.2.1/")
	fmt.Println(err != nil)
}
