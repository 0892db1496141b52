package main

import _ "embed"

//go:embed main.go
var self string

func main() { print(self[:7]) }
