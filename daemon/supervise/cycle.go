package supervise

import (
	"fmt"
	"slices"
	"strings"
)

// cycle finds services that would wait for each other for ever, and shows the
// way around.
func (r *resolver) cycle() error {
	const (
		visiting = 1
		visited  = 2
	)
	state := map[string]int{}
	var way []string
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case visited:
			return nil
		case visiting:
			round := append(slices.Clone(way[slices.Index(way, name):]), name)
			return fmt.Errorf("%scannot order services: %s each come after the next", place(r.services[name].Origin), strings.Join(round, " → "))
		}
		state[name] = visiting
		way = append(way, name)
		s := r.services[name]
		for _, next := range slices.Concat(s.Needs, s.Follows) {
			if err := visit(next); err != nil {
				return err
			}
		}
		way = way[:len(way)-1]
		state[name] = visited
		return nil
	}
	for _, s := range r.sorted() {
		if err := visit(s.Name); err != nil {
			return err
		}
	}
	return nil
}

// Levels gives each service's place in the order of starts: 1 for those that
// come after nothing.
func Levels(needs map[string][]string) map[string]int {
	out := map[string]int{}
	var level func(name string) int
	level = func(name string) int {
		if n, ok := out[name]; ok {
			return n
		}
		n := 1
		for _, next := range needs[name] {
			n = max(n, level(next)+1)
		}
		out[name] = n
		return n
	}
	for name := range needs {
		level(name)
	}
	return out
}
