package main

import (
	"fmt"
	"sort"
	"strings"
)

type number interface{ ~int | ~float64 }

func fold[T, A any](items []T, start A, step func(A, T) A) A {
	for _, item := range items {
		start = step(start, item)
	}
	return start
}

func total[T number](items ...T) T {
	return fold(items, T(0), func(a, b T) T { return a + b })
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(item T) { s.items = append(s.items, item) }
func (s *stack[T]) pop() (item T, ok bool) {
	if len(s.items) == 0 {
		return item, false
	}
	item = s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return item, true
}

type metres float64

func main() {
	var s stack[string]
	for _, word := range strings.Fields("to be or not to be") {
		s.push(word)
	}
	var words []string
	for word, ok := s.pop(); ok; word, ok = s.pop() {
		words = append(words, word)
	}
	sort.Strings(words)
	fmt.Println(words, total(1, 2, 3), total(metres(1.5), 2))
}
