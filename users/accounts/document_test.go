package accounts_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/activate-agent/activate/users/accounts"
)

// oddLines are those of a passwd(5) that people, tools and damage leave.
var oddLines = []string{
	"a:x:1:1:::", "a:x:2:1:other:/home/a:/bin/sh", "b:x:3:3:B,,,:/home/b:/bin/sh", "b:x:3:3:::\r", "c:x:4294967294:4:::",
	"", " ", "# a:x:1:1:::", "+", "+a::::::", "-@staff::::::", "a:x:one:1:::", "a:x:1:1", ":x:1:1:::", "a:x:1:1::::", " a:x:1:1:::",
	"a:x:01:1:::", "a:x:4294967295:1:::", "\xff:x:5:5:::", "\xff\xfe",
}

// entryForm is an entry of passwd(5), told in another way than the package does.
var entryForm = regexp.MustCompile(`^([^:#+\-\s,][^:\s,]*):[^:]*:(\d+):(\d+):[^:]*:[^:]*:[^:]*$`)

func entryName(line string) string {
	m := entryForm.FindStringSubmatch(line)
	bad := func(id string) bool { return len(id) > 1 && id[0] == '0' || id == "4294967295" }
	if m == nil || bad(m[2]) || bad(m[3]) {
		return ""
	}
	return m[1]
}

// naive is a document that looks at all of its lines each time.
type naive struct {
	lines     []string
	noNewline bool
}

func newNaive(text string) *naive {
	if text == "" {
		return &naive{}
	}
	return &naive{strings.Split(strings.TrimSuffix(text, "\n"), "\n"), !strings.HasSuffix(text, "\n")}
}

func (n *naive) content() string {
	text := strings.Join(n.lines, "\n")
	if len(n.lines) > 0 && !n.noNewline {
		text += "\n"
	}
	return text
}

func (n *naive) all(name string) []string {
	var out []string
	for _, line := range n.lines {
		if entryName(line) == name {
			out = append(out, line)
		}
	}
	return out
}

func (n *naive) add(line string) {
	at := slices.IndexFunc(n.lines, func(l string) bool { return strings.HasPrefix(l, "+") || strings.HasPrefix(l, "-") })
	if at < 0 {
		at = len(n.lines)
	}
	n.lines = slices.Insert(n.lines, at, line)
}

func passwdFile(t interface{ Fatalf(string, ...any) }) accounts.File {
	for _, f := range new(accounts.Book).Files() {
		if f.Path == accounts.PasswdPath {
			return f
		}
	}
	t.Fatalf("a book has no passwd(5)")
	return accounts.File{}
}

func lines(rows []*accounts.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Line())
	}
	return out
}

// Whatever a file holds and whatever is edited, the lines that nobody edited
// come out as they went in, and what is found is what a look at each line finds.
func TestEditsLeaveOtherLines(t *testing.T) {
	t.Parallel()
	file := passwdFile(t)
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom(oddLines)
		text := strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "lines"), "\n") + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "end")
		d, err := file.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		n := newNaive(text)
		name := rapid.SampledFrom([]string{"a", "b", "c", "\xff", "nobody"})
		row := func(t *rapid.T) int { return rapid.IntRange(0, len(n.lines)-1).Draw(t, "row") }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				l := line.Draw(t, "line")
				d.Add(l)
				n.add(l)
			},
			"insert": func(t *rapid.T) {
				at, l := rapid.IntRange(0, len(n.lines)+2).Draw(t, "at"), line.Draw(t, "line")
				if r := d.Insert(at, l); r.Line() != l || d.Place(r) != min(at, len(n.lines)) {
					t.Fatalf("Insert(%d, %q) gave %q at %d", at, l, r.Line(), d.Place(r))
				}
				n.lines = slices.Insert(n.lines, min(at, len(n.lines)), l)
			},
			"remove": func(t *rapid.T) {
				gone := name.Draw(t, "name")
				d.Remove(gone)
				n.lines = slices.DeleteFunc(n.lines, func(l string) bool { return entryName(l) == gone })
			},
			"remove a row": func(t *rapid.T) {
				if len(n.lines) == 0 {
					return
				}
				at := row(t)
				d.RemoveRow(d.Rows()[at])
				n.lines = slices.Delete(n.lines, at, at+1)
			},
			"set": func(t *rapid.T) {
				if len(n.lines) == 0 {
					return
				}
				at, value := row(t), rapid.SampledFrom([]string{"", "new", "/home/ü"}).Draw(t, "value")
				r := d.Rows()[at]
				if r.Name() == "" {
					return
				}
				d.Set(r, accounts.PwShell, value)
				cut := strings.LastIndexByte(n.lines[at], ':')
				if strings.HasSuffix(n.lines[at], "\r") {
					value += "\r"
				}
				n.lines[at] = n.lines[at][:cut+1] + value
			},
			"": func(t *rapid.T) { agree(t, d, n, text) },
		})
	})
}

func agree(t *rapid.T, d *accounts.Document, n *naive, read string) {
	if got, want := d.Content(), n.content(); got != want {
		t.Fatalf("content %q, want %q", got, want)
	}
	if d.AsRead() != read || d.Content() != read && !d.Changed() || d.Empty() != (len(n.lines) == 0) {
		t.Fatalf("read %q, changed %v, empty %v, want %q", d.AsRead(), d.Changed(), d.Empty(), read)
	}
	for _, name := range []string{"a", "b", "c", "\xff", "nobody"} {
		want := n.all(name)
		if got := lines(d.All(name)); !slices.Equal(got, want) {
			t.Fatalf("entries of %q: %q, want %q", name, got, want)
		}
		counts := d.Find(name)
		if (counts == nil) != (len(want) == 0) || counts != nil && !slices.Contains(d.All(name), counts) {
			t.Fatalf("Find(%q) gave %v of %q", name, counts, want)
		}
	}
	var asRead []string
	for _, line := range newNaive(read).lines {
		if name := entryName(line); name != "" && !slices.Contains(asRead, name) {
			asRead = append(asRead, name)
		}
	}
	if got := slices.Collect(d.Names()); !slices.Equal(got, asRead) {
		t.Fatalf("names as read %q, want %q", got, asRead)
	}
}

// A member list is edited as the list would be.
func TestMembersAsAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom([]string{"a", "ab", "b", "ba", "aba"})
		members, user := rapid.SliceOfN(who, 0, 6).Draw(t, "members"), who.Draw(t, "user")
		field := strings.Join(members, ",")
		if got, want := accounts.HasMember(field, user), slices.Contains(members, user); got != want {
			t.Fatalf("HasMember(%q, %q) is %v", field, user, got)
		}
		if got, want := accounts.List(accounts.WithMember(field, user)), append(slices.Clone(members), user); !slices.Equal(got, want) {
			t.Fatalf("WithMember(%q, %q) gave %q", field, user, got)
		}
		want := slices.DeleteFunc(members, func(m string) bool { return m == user })
		if got := accounts.List(accounts.WithoutMember(field, user)); !slices.Equal(got, want) {
			t.Fatalf("WithoutMember(%q, %q) gave %q", field, user, got)
		}
	})
}

// What no account file holds is refused.
func TestNULIsRefused(t *testing.T) {
	t.Parallel()
	for _, f := range new(accounts.Book).Files() {
		if _, err := f.Parse("a:x:1:1:::\n\x00\n"); err == nil || !strings.Contains(err.Error(), "NUL") {
			t.Errorf("%s with a NUL byte: %v", f.Path, err)
		}
	}
}
