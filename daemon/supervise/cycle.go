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

// levels numbers each service in the order of starts: 1 for those that come
// after nothing.
func (r *resolver) levels() {
	var level func(name string) int
	level = func(name string) int {
		s := r.services[name]
		if s.Level == 0 {
			s.Level = 1
			for _, next := range slices.Concat(s.Needs, s.Follows) {
				s.Level = max(s.Level, level(next)+1)
			}
		}
		return s.Level
	}
	for name := range r.services {
		level(name)
	}
}
