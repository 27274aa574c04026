package main_test

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// edit has an administrator change something managed: it is drift, and the next
// switch takes it back, or the administrator does.
func (w *walk) edit() {
	p := w.path(rapid.SampledFrom(w.paths()).Draw(w.t, "edited"))
	var st unix.Stat_t
	if unix.Lstat(p, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || capable(p) {
		// Writing takes capabilities away for good.
		return
	}
	b, err := os.ReadFile(p)
	w.must(err)
	was := w.managedTree()
	w.must(os.WriteFile(p, append(slices.Clone(b), "edited\n"...), 0o600))
	w.tell("edited %s", p)
	drift, _ := w.run("drift")
	status, _ := w.run("switch", w.config)
	rel := w.ledTo(strings.TrimPrefix(p, w.dir+"/"))
	switch now := w.managedTree(); {
	case drift == 0 && now[rel] != was[rel]:
		// It is nobody's of ours.
		w.must(os.WriteFile(p, b, 0o600))
	case drift == 2 && status == 0 && now[rel] == was[rel]:
	case drift == 2 && (status == 1 || status == 0):
		w.must(os.WriteFile(p, b, 0o600))
	default:
		w.t.Fatalf("after an edit: drift %d, switch %d", drift, status)
	}
	if d := cmp.Diff(was, w.managedTree()); d != "" {
		w.fail("an edit left", d)
	}
	w.stays()
	w.settled()
}

// accountEdits are what an administrator does to a field of an account's line.
var accountEdits = []struct { //nolint:gochecknoglobals // a constant
	path  string
	field int
	text  string
}{
	{"etc/passwd", 4, "Edited"},
	{"etc/passwd", 6, "/bin/edited"},
	{"etc/passwd", 2, "1777"},
	{"etc/passwd", 3, "100"},
	{"etc/group", 2, "1777"},
	{"etc/shadow", 1, "$6$edited$hash"},
	{"etc/shadow", 7, "20000"},
	{"etc/group", 3, ",games"},
	{"etc/gshadow", 3, ",games"},
}

// editAccount has an administrator edit a line of an account. Where that is
// drift, the next switch takes it back; else it is nobody's of ours.
func (w *walk) editAccount() {
	e := rapid.SampledFrom(accountEdits).Draw(w.t, "edit of an account")
	names := walkUsers[:4]
	if strings.HasPrefix(e.path, "etc/g") {
		names = walkGroups
	}
	name := rapid.SampledFrom(names).Draw(w.t, "edited account")
	b, err := os.ReadFile(w.path(e.path))
	if err != nil {
		return
	}
	lines := strings.SplitAfter(string(b), "\n")
	for i, line := range lines {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if fields[0] == name && len(fields) > e.field {
			if more, ok := strings.CutPrefix(e.text, ","); ok {
				// One more: the order of a list is nobody's.
				fields[e.field] = strings.TrimPrefix(fields[e.field]+","+more, ",")
			} else {
				fields[e.field] = e.text
			}
			lines[i] = strings.Join(fields, ":") + strings.TrimPrefix(line, strings.TrimSuffix(line, "\n"))
		}
	}
	edited := strings.Join(lines, "")
	if edited == string(b) {
		return
	}
	w.shared = true
	was := w.accountsTree()
	w.overwrite(e.path, []byte(edited))
	w.tell("edited %s in %s", name, e.path)
	drift, _ := w.run("drift")
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	status, out := w.run("switch", w.config)
	if status > 1 || drift == 0 && status != 0 {
		w.fail("an edited account", fmt.Sprintf("drift %d, switch %d\n%s", drift, status, out))
	}
	if !cmp.Equal(was, w.accountsTree()) {
		// It is nobody's of ours, or forbids the switch. What follows it, as keys
		// do the primary group, comes back with it.
		w.overwrite(e.path, b)
		w.want(0, "switch", w.config)
	}
	if d := cmp.Diff(was, w.accountsTree()); d != "" {
		w.fail("an edit of an account left", d)
	}
	w.stays()
	w.settled()
}

// overwrite writes a file in place.
func (w *walk) overwrite(p string, b []byte) { w.must(os.WriteFile(w.path(p), b, 0o600)) }

// drawKey draws one of the keys that configurations read as secrets.
func (w *walk) drawKey() string {
	return rapid.SampledFrom([]string{"keys/one", "keys/two"}).Draw(w.t, "key")
}

// newKey has an administrator change a key: the next switch installs it.
func (w *walk) newKey() {
	key := w.drawKey()
	w.write(key, rapid.SampledFrom([]string{"s3cret three\n", "one\n", ""}).Draw(w.t, "new key"), 0o600, 0, 0)
	w.before[key] = w.tree()[key]
	w.again()
}

// again switches once more to the configuration in effect, where something it
// reads changed. A switch may refuse since a policy forbids it.
func (w *walk) again() {
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	was := w.managedTree()
	switch status, out := w.run("switch", w.config); status {
	case 0:
		w.stays()
		w.settled()
	case 1:
		if d := cmp.Diff(was, w.managedTree()); d != "" {
			w.fail("refused, yet changed", d)
		}
	default:
		w.fail("a switch once more", fmt.Sprintf("exit %d\n%s", status, out))
	}
}

// lostKey has a key go, as one in /run does at a reboot: what was applied of it
// counts, and only a configuration that reads it is refused.
func (w *walk) lostKey() {
	key := w.drawKey()
	b, err := os.ReadFile(w.path(key))
	w.must(err)
	w.must(os.Remove(w.path(key)))
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	was := w.managedTree()
	w.want(0, "drift")
	w.want(0, "at-boot")
	if reads(w.of[w.current], "/"+key) {
		w.want(1, "switch", w.config)
	} else {
		w.want(0, "switch", w.config)
	}
	if d := cmp.Diff(was, w.managedTree()); d != "" {
		w.fail("a lost key changed", d)
	}
	w.write(key, string(b), 0o600, 0, 0)
	w.settled()
}

// reads tells whether a block of a configuration that is not absent reads p.
func reads(text, p string) bool {
	return slices.ContainsFunc(strings.Split(text, "\n}\n"), func(block string) bool {
		return strings.Contains(block, p) && !strings.Contains(block, "absent = true")
	})
}
