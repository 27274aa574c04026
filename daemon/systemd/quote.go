package systemd

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// literal makes value safe to stand in a setting that systemd takes as the
// rest of the line with specifiers (systemd.unit(5), "Specifiers").
func literal(value string) string { return strings.ReplaceAll(value, "%", "%%") }

// checkLine errors for a value that would not be one setting.
func checkLine(value string) error {
	switch {
	case strings.ContainsAny(value, "\n\r"):
		return errors.New("a newline in a value would start another setting")
	case strings.ContainsRune(value, 0):
		return errors.New("a value cannot hold a NUL byte")
	case !utf8.ValidString(value):
		return errors.New("a value must be UTF-8")
	case strings.HasSuffix(value, `\`):
		return errors.New("a backslash at the end would join the next line")
	}
	return nil
}

// commandLine is argv as an Exec setting (systemd.service(5), "Command
// lines"): the process gets every argument byte for byte, no shell, no
// variables, no specifiers. The prefix holds special executable prefixes.
func commandLine(prefix string, argv []string) (string, error) {
	if len(argv) == 0 || argv[0] == "" {
		return "", errors.New("the command is empty")
	}
	if argv[0][0] != '/' && strings.ContainsAny(argv[0], "/-@:+!|$") {
		return "", fmt.Errorf("the program %q is neither an absolute path nor a plain name", argv[0])
	}
	words := make([]string, 0, len(argv)+1)
	if strings.Contains(argv[0], "$") {
		// Variables are replaced in all arguments but never in the path of
		// the program, so a $ needs both spelled out.
		words = append(words, word(prefix+"@"+literal(argv[0])))
	} else {
		words = append(words, word(prefix+literal(argv[0])))
		argv = argv[1:]
	}
	for _, arg := range argv {
		if strings.ContainsRune(arg, 0) {
			return "", errors.New("an argument cannot hold a NUL byte")
		}
		words = append(words, word(strings.ReplaceAll(literal(arg), "$", "$$")))
	}
	return strings.Join(words, " "), nil
}

// assignment is NAME=value for Environment= (systemd.exec(5)): quoted, with
// specifiers escaped; $ has no meaning there.
func assignment(name, value string) (string, error) {
	if !validVariable(name) {
		return "", fmt.Errorf("%q is not the name of an environment variable", name)
	}
	// systemd drops an assignment with other control characters or bytes that
	// are no UTF-8 with no more than a log line.
	if !utf8.ValidString(value) {
		return "", fmt.Errorf("the value of %s must be UTF-8", name)
	}
	for _, r := range value {
		if r == 0x7f || r < ' ' && r != '\t' && r != '\n' {
			return "", fmt.Errorf("the value of %s has the control character %#x, which systemd refuses", name, r)
		}
	}
	return `"` + escape(name+"="+literal(value)) + `"`, nil
}

func validVariable(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// plain are the characters that need no quotes in a word.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%$^~"

// word is s as one word of a command line.
func word(s string) string {
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return `"` + escape(s) + `"`
}

// escape is s inside double quotes, with the C escapes of systemd.syntax(7).
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && n == 1, r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}
