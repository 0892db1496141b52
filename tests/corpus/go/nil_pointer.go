package main

type node struct{ next *node }

func main() {
	var list *node
	_ = *list.next
}
