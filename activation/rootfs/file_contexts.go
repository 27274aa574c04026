package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// FileContexts is what an SELinux policy says of the labels of files:
// file_contexts(5), and the aliases beside it, selabel_file(5). It is for any
// number of goroutines.
type FileContexts struct {
	// specs are in the order in which they are tried.
	specs []*spec
	// aliases are applied one list after the other, of each the first that fits.
	aliases [2][]alias
}

// spec is one line of file_contexts.
type spec struct {
	pattern string
	// prefix is what every path begins with that the pattern matches; all of
	// the path when it is exact.
	prefix string
	exact  bool
	// kind is the type of file, 0 for all of them.
	kind Type
	// label is empty for <<none>>.
	label   string
	compile func() (*regexp.Regexp, error)
}

// alias has paths below src looked up as if they were below dst.
type alias struct{ src, dst string }

// ReadFileContexts reads a policy's files by their names, "file_contexts" and
// those with a suffix; read gives an error that wraps fs.ErrNotExist for one
// that is not there, as all but the first may. The error names a line that is
// none.
func ReadFileContexts(read func(name string) ([]byte, error)) (*FileContexts, error) {
	c := &FileContexts{}
	for _, suffix := range []string{"", ".homedirs", ".local"} {
		name := "file_contexts" + suffix
		b, err := read(name)
		if suffix != "" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = c.addSpecs(string(b))
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
	}
	for i, name := range []string{"file_contexts.subs", "file_contexts.subs_dist"} {
		b, err := read(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
		c.aliases[i] = aliases(string(b))
	}
	// A path that is written out wins over patterns; else what comes last wins.
	slices.Reverse(c.specs)
	slices.SortStableFunc(c.specs, func(a, b *spec) int { return rank(a) - rank(b) })
	return c, nil
}

func rank(s *spec) int {
	if s.exact {
		return 0
	}
	return 1
}

// kinds are the types as file_contexts writes them.
var kinds = map[string]Type{"--": File, "-d": Dir, "-l": Symlink, "-p": FIFO, "-s": Socket, "-b": Device, "-c": Device}

func (c *FileContexts) addSpecs(text string) error {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		s := &spec{pattern: words[0], label: words[len(words)-1]}
		switch len(words) {
		case 2:
		case 3:
			if s.kind = kinds[words[1]]; s.kind == 0 {
				return fmt.Errorf("%q is not a type of file", words[1])
			}
		default:
			return fmt.Errorf("%q is not a pattern, a type and a label", strings.TrimSpace(line))
		}
		if s.label == "<<none>>" {
			s.label = ""
		}
		s.prefix, s.exact = literal(s.pattern)
		s.compile = sync.OnceValues(func() (*regexp.Regexp, error) { return regexp.Compile(`^(?s:` + s.pattern + `)$`) })
		c.specs = append(c.specs, s)
	}
	return nil
}

// literal gives the text that a pattern begins with, and whether that is all.
func literal(pattern string) (prefix string, exact bool) {
	if !enclosed(pattern) {
		return "", false
	}
	var out []byte
	for i := 0; i < len(pattern); i++ {
		switch ch := pattern[i]; {
		case ch == '\\' && i+1 < len(pattern) && !isWord(pattern[i+1]):
			i++
			out = append(out, pattern[i])
		case strings.IndexByte(`?*{`, ch) >= 0:
			// The character before it may be missing.
			return string(out[:max(len(out)-1, 0)]), false
		case strings.IndexByte(`.^$+[(\`, ch) >= 0:
			return string(out), false
		default:
			out = append(out, ch)
		}
	}
	return string(out), true
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// enclosed tells whether each | of a pattern is inside of parentheses.
func enclosed(pattern string) bool {
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			i = classEnd(pattern, i)
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				return false
			}
		}
	}
	return true
}

// classEnd gives where the class ends that begins at i. A bracket that comes
// first in it is a character.
func classEnd(pattern string, i int) int {
	i++
	if i < len(pattern) && pattern[i] == '^' {
		i++
	}
	for i++; i < len(pattern) && pattern[i] != ']'; i++ {
		if pattern[i-1] == '\\' {
			i++
		}
	}
	return i
}

// aliases reads a list of substitutions. What comes last is tried first.
func aliases(text string) []alias {
	var out []alias
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) >= 2 && !strings.HasPrefix(words[0], "#") {
			out = append(out, alias{words[0], words[1]})
		}
	}
	slices.Reverse(out)
	return out
}

// Label gives the label that a file of that type at the absolute path is to
// have, "" where the policy says nothing. The error is of a pattern that is
// none.
func (c *FileContexts) Label(path string, t Type) (string, error) {
	for _, list := range c.aliases {
		path = substitute(list, path)
	}
	for _, s := range c.specs {
		if s.kind != 0 && s.kind != t || !strings.HasPrefix(path, s.prefix) {
			continue
		}
		if s.exact {
			if path == s.prefix {
				return s.label, nil
			}
			continue
		}
		re, err := s.compile()
		if err != nil {
			return "", fmt.Errorf("cannot use the pattern %q of the policy: %w", s.pattern, err)
		}
		if re.MatchString(path) {
			return s.label, nil
		}
	}
	return "", nil
}

func substitute(list []alias, path string) string {
	for _, a := range list {
		rest, below := strings.CutPrefix(path, a.src)
		if !below || rest != "" && rest[0] != '/' {
			continue
		}
		if a.dst == "/" && rest != "" {
			return rest
		}
		return a.dst + rest
	}
	return path
}
