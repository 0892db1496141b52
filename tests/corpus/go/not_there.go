package main

import "golang.org/x/text/width"

func main() { println(width.Narrow) }
