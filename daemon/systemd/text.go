package systemd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// text is a unit file being written: sections in the order a person expects,
// settings in the order they were set.
type text struct {
	sections []section
	err      error
}

type section struct {
	name     string
	settings []setting
}

type setting struct{ key, value string }

// set adds settings to a section. An empty value is left out, since systemd
// takes it for a reset. The first value that cannot be written is kept as the
// text's error.
func (t *text) set(name, key string, values ...string) {
	for _, value := range values {
		if value == "" {
			continue
		}
		if err := checkLine(value); err != nil {
			t.fail("cannot write %s=: %w", key, err)
		}
		s := t.section(name)
		s.settings = append(s.settings, setting{key, value})
	}
}

// setWords adds one setting with all the words, none when there are none.
func (t *text) setWords(name, key string, words []string) {
	t.set(name, key, strings.Join(words, " "))
}

// setCommand adds an Exec setting, none for no argv.
func (t *text) setCommand(key, prefix string, argv []string) {
	if len(argv) == 0 {
		return
	}
	line, err := commandLine(prefix, argv)
	if err != nil {
		t.fail("cannot write %s=: %w", key, err)
		return
	}
	t.set("Service", key, line)
}

func (t *text) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
}

func (t *text) section(name string) *section {
	for i := range t.sections {
		if t.sections[i].name == name {
			return &t.sections[i]
		}
	}
	t.sections = append(t.sections, section{name: name})
	return &t.sections[len(t.sections)-1]
}

// override merges an init's own settings over what is there: a key replaces
// all settings of that key, and without values removes them. Settings without
// a section belong to own.
func (t *text) override(own string, over daemon.Sections) {
	for _, name := range sectionOrder(over) {
		to := name
		if to == "" {
			to = own
		}
		for _, key := range slices.Sorted(maps.Keys(over[name])) {
			if !validKey(key) || strings.ContainsAny(to, "[]\n") {
				t.fail("cannot write the setting %q in section %q: that is not a name of a setting", key, to)
				continue
			}
			s := t.section(to)
			s.settings = slices.DeleteFunc(s.settings, func(x setting) bool { return x.key == key })
			for _, value := range over[name][key] {
				if err := checkLine(value); err != nil {
					t.fail("cannot write %s=: %w", key, err)
				}
				s = t.section(to)
				s.settings = append(s.settings, setting{key, value})
			}
		}
	}
}

func validKey(key string) bool {
	return key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// sectionOrder gives the section names: Unit first, Install last, the others
// sorted between.
func sectionOrder(s daemon.Sections) []string {
	rank := func(name string) int {
		switch name {
		case "Unit":
			return 0
		case "Install":
			return 2
		}
		return 1
	}
	return slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// bytes gives the file. Sections without settings are left out.
func (t *text) bytes() ([]byte, error) {
	if t.err != nil {
		return nil, t.err
	}
	slices.SortStableFunc(t.sections, func(a, b section) int {
		return rankInstall(a.name) - rankInstall(b.name)
	})
	var b strings.Builder
	for _, s := range t.sections {
		if len(s.settings) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "[%s]\n", s.name)
		for _, x := range s.settings {
			fmt.Fprintf(&b, "%s=%s\n", x.key, x.value)
		}
	}
	return []byte(b.String()), nil
}

func rankInstall(name string) int {
	if name == "Install" {
		return 1
	}
	return 0
}
