package main

import (
	"errors"
	"fmt"
)

type animal interface{ sound() string }
type loud interface {
	animal
	volume() int
}
type dog struct{ name string }

func (d dog) sound() string { return d.name + " barks" }
func (d dog) volume() int   { return len(d.name) }

type puppy struct{ dog }

func (puppy) volume() int { return 1 }

var errTooLoud = errors.New("too loud")

func hear(a animal) error {
	switch l := a.(type) {
	case loud:
		if l.volume() > 2 {
			return fmt.Errorf("%s: %w", l.sound(), errTooLoud)
		}
		fmt.Println(l.sound())
	}
	return nil
}

func main() {
	for _, a := range []animal{dog{"Rex"}, puppy{dog{"Rex"}}} {
		if err := hear(a); errors.Is(err, errTooLoud) {
			fmt.Println("no:", err)
		}
	}
}
