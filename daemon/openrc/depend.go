package openrc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

// words are what depend() says of other services, openrc-run(8).
func words() []string {
	return []string{"need", "use", "want", "after", "before", "provide", "keyword", "config"}
}

// depends gives the names behind a word: those that follow from the service,
// and those of its openrc block.
func depends(s keep.Spec, word string) []string {
	var names []string
	switch word {
	case "need":
		names = s.Needs
	case "use":
		names = s.Pulls
	case "after":
		names = append([]string{"net"}, s.Follows...)
	}
	return slices.Concat(names, s.Init["openrc"][""][word])
}

// checkSettings refuses what a shell would not take for a variable, and names
// that would end the line.
func checkSettings(s keep.Spec) error {
	for name, values := range s.Init["openrc"][""] {
		isWord := slices.Contains(words(), name)
		if !isWord && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return fmt.Errorf("its openrc block sets %q, which is no name of a variable; words of depend() are %s", name, strings.Join(words(), ", "))
		}
		if isWord && strings.ContainsAny(strings.Join(values, " "), "\n;&|$`<>(){}\"'\\") {
			return fmt.Errorf("its openrc block says %q of %q, which are no names of services", values, name)
		}
	}
	return nil
}

// variables are the settings of the openrc block that are no words of depend(),
// as the script's own variables.
func variables(s keep.Spec) string {
	own := s.Init["openrc"][""]
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if !slices.Contains(words(), name) {
			b.WriteString(name + "=" + supervise.Quote(strings.Join(own[name], " ")) + "\n")
		}
	}
	return b.String()
}
