package systemd

import (
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// parsed is what systemd makes of a unit file and its drop-ins: for each
// section and key the values in order. A key that was set to nothing is there
// with no values.
type parsed map[string]map[string][]string

// parse reads files in order, each one adding to the one before
// (systemd.syntax(7)): a backslash at a line's end joins it with the next,
// comment lines are dropped also within such a line, a repeated key adds a
// value and an empty value drops those before it. Lines that are no setting
// are skipped, as systemd does after a warning.
func parse(files ...[]byte) parsed {
	p := parsed{}
	for _, file := range files {
		p.read(string(file))
	}
	return p
}

func (p parsed) read(text string) {
	section, joined := "", ""
	text = strings.TrimPrefix(text, "\ufeff")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimLeft(line, whitespace)
		if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
			continue
		}
		joined += trimmed
		if !evenBackslashes(line) {
			joined = strings.TrimSuffix(joined, `\`) + " "
			continue
		}
		section = p.line(section, strings.Trim(joined, whitespace))
		joined = ""
	}
	p.line(section, strings.Trim(joined, whitespace))
}

const whitespace = " \t\n\r"

// evenBackslashes: a doubled backslash at the end is a backslash and joins
// nothing.
func evenBackslashes(line string) bool {
	n := len(line) - len(strings.TrimRight(line, `\`))
	return n%2 == 0
}

// line takes one joined line and gives the section that the next one is in.
func (p parsed) line(section, line string) string {
	if strings.HasPrefix(line, "[") {
		if name, ok := strings.CutSuffix(line[1:], "]"); ok {
			if p[name] == nil {
				p[name] = map[string][]string{}
			}
			return name
		}
		return section
	}
	key, value, ok := strings.Cut(line, "=")
	if !ok || section == "" {
		return section
	}
	key, value = strings.TrimRight(key, whitespace), strings.TrimLeft(value, whitespace)
	if value == "" {
		p[section][key] = nil
		return section
	}
	p[section][key] = append(p[section][key], value)
	return section
}

// last is the value that counts for a key which takes one.
func (p parsed) last(section, key string) string {
	values := p[section][key]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// words gives all words of all values of a key that takes a list.
func (p parsed) words(section, key string) []string {
	var out []string
	for _, value := range p[section][key] {
		out = append(out, strings.Fields(value)...)
	}
	return out
}

// boolean reads a key as systemd's parse_boolean does; what it does not know
// leaves the default.
func (p parsed) boolean(section, key string, otherwise bool) bool {
	switch strings.ToLower(p.last(section, key)) {
	case "1", "yes", "y", "true", "t", "on":
		return true
	case "0", "no", "n", "false", "f", "off":
		return false
	}
	return otherwise
}

// definition parses all files of a definition.
func definition(d daemon.Definition) parsed { return parse(d.Files...) }
