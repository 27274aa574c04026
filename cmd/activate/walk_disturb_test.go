package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// disturb has an administrator change the mode or the owner of a path, take it
// away, or put something else there: in place of a directory that is not empty, a
// link to another one. The next switch takes it back, or the
// administrator does.
func (w *walk) disturb() {
	p := w.path(rapid.SampledFrom(w.paths()).Draw(w.t, "disturbed"))
	undo := w.disturbed(p, rapid.SampledFrom([]string{"mode", "owner", "gone", "link", "file", "directory", "fifo", "second name"}).Draw(w.t, "disturbance"))
	if undo == nil {
		return
	}
	rel := w.ledTo(strings.TrimPrefix(p, w.dir+"/"))
	was := undo.was
	drift, _ := w.run("drift")
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	status, out := w.run("switch", w.config)
	if status > 1 || drift == 0 && status != 0 {
		w.fail("a disturbed path", fmt.Sprintf("drift %d, switch %d\n%s", drift, status, out))
	}
	if b, err := os.ReadFile(w.first()); err == nil && string(b) != otherText {
		w.fail("what has another name was written to", string(b))
	}
	if now := w.managedTree(); now[rel] != was[rel] || undo.others {
		// It is nobody's of ours, or a policy leaves it.
		undo.back()
	}
	if d := cmp.Diff(was, w.managedTree()); d != "" {
		w.fail("a disturbance left", d)
	}
	w.stays()
	w.settled()
}

// otherText is in the file that an administrator gives a second name.
const otherText = "of two names\n"

// first is the first name of a file whose second one is a managed path.
func (w *walk) first() string { return filepath.Join(filepath.Dir(w.config), "first") }

// disturbance is what the tree was before one, and how it is taken back.
type disturbance struct {
	was  map[string]string
	back func()
	// others tells of a whole directory, in which others may have something.
	others bool
}

// disturbed disturbs what stands at p, nil where that is not possible.
func (w *walk) disturbed(p, how string) *disturbance {
	var st unix.Stat_t
	if unix.Lstat(p, &st) != nil {
		return nil
	}
	d := &disturbance{was: w.managedTree()}
	chmod := func() {
		if st.Mode&unix.S_IFMT != unix.S_IFLNK {
			w.must(unix.Chmod(p, st.Mode&0o7777))
		}
	}
	switch how {
	case "mode":
		if st.Mode&unix.S_IFMT == unix.S_IFLNK {
			return nil
		}
		w.must(unix.Chmod(p, rapid.SampledFrom([]uint32{0o511, 0o2755, 0o7777, 0}).Draw(w.t, "odd mode")))
		d.back = chmod
	case "owner":
		if capable(p) || w.home {
			// A change of owner takes capabilities away for good, and is root's.
			return nil
		}
		w.must(os.Lchown(p, 7, 7))
		d.back = func() { w.must(os.Lchown(p, int(st.Uid), int(st.Gid))); chmod() }
	default:
		return w.replaced(d, p, how)
	}
	return d
}

// replaced puts what stands at p away, and something else there.
func (w *walk) replaced(d *disturbance, p, how string) *disturbance {
	if names, _ := os.ReadDir(p); len(names) > 0 {
		return w.ledElsewhere(d, p)
	}
	aside := filepath.Join(filepath.Dir(w.config), "aside")
	w.must(os.RemoveAll(aside))
	w.must(os.Rename(p, aside))
	switch how {
	case "link":
		w.must(os.Symlink("elsewhere", p))
	case "file":
		w.must(os.WriteFile(p, []byte("theirs\n"), 0o600))
	case "directory":
		w.must(os.Mkdir(p, 0o700))
	case "fifo":
		w.must(unix.Mkfifo(p, 0o600))
	case "second name":
		w.must(os.WriteFile(w.first(), []byte(otherText), 0o600))
		w.must(os.Link(w.first(), p))
	}
	w.belongs(p)
	d.back = func() { w.must(os.RemoveAll(p)); w.must(os.Rename(aside, p)) }
	return d
}

// ledElsewhere puts the directory at p away, and a link to another one there. That has
// the same directories in it: those that were made in it would pass for ours, by their
// paths, once the first ones are back.
func (w *walk) ledElsewhere(d *disturbance, p string) *disturbance {
	if st, err := os.Lstat(p); err != nil || !st.IsDir() {
		return nil
	}
	aside, other := filepath.Join(filepath.Dir(w.config), "aside"), p+".other"
	w.must(os.RemoveAll(aside))
	w.must(os.Rename(p, aside))
	w.must(filepath.WalkDir(aside, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		like := other + strings.TrimPrefix(at, aside)
		defer w.belongs(like)
		return os.Mkdir(like, 0o755)
	}))
	w.must(os.Symlink(filepath.Base(other), p))
	w.belongs(p)
	w.tell("put a link to another directory at %s", p)
	d.others = true
	d.back = func() {
		w.must(os.RemoveAll(p))
		w.must(os.RemoveAll(other))
		w.must(os.Rename(aside, p))
	}
	return d
}

// loseAccount has an administrator delete an account, all its lines: the next
// switch makes one of ours again, and the administrator brings the files back as
// they were.
func (w *walk) loseAccount() {
	name := rapid.SampledFrom(append(slices.Clone(walkUsers[:4]), walkGroups...)).Draw(w.t, "deleted account")
	paths := []string{"etc/passwd", "etc/shadow", "etc/subuid", "etc/subgid", "etc/group", "etc/gshadow"}
	if slices.Contains(walkGroups, name) {
		paths = paths[4:]
	}
	was, files := w.accountsTree(), map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(w.path(p))
		if files[p] = b; err != nil {
			continue
		}
		lines := slices.DeleteFunc(strings.SplitAfter(string(b), "\n"), func(l string) bool { return strings.HasPrefix(l, name+":") })
		w.overwrite(p, []byte(strings.Join(lines, "")))
	}
	w.tell("deleted %s", name)
	w.shared = true
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	drift, _ := w.run("drift")
	status, out := w.run("switch", w.config)
	if status > 1 || drift == 0 && status != 0 {
		w.fail("a deleted account", fmt.Sprintf("drift %d, switch %d\n%s", drift, status, out))
	}
	for p, b := range files {
		if b == nil {
			w.must(os.RemoveAll(w.path(p)))
			continue
		}
		w.overwrite(p, b)
	}
	w.want(0, "switch", w.config)
	if d := cmp.Diff(was, w.accountsTree()); d != "" {
		w.fail("a deleted account that came back left", d)
	}
	w.stays()
	w.settled()
}

// restored has the host restored from a backup: nothing is as it was recorded but
// what it says.
func (w *walk) restored() {
	aside := filepath.Join(filepath.Dir(w.config), "backup")
	w.must(os.Rename(w.dir, aside))
	w.must(exec.CommandContext(w.t.Context(), "cp", "-a", aside, w.dir).Run())
	w.must(os.RemoveAll(aside))
	if rapid.Bool().Draw(w.t, "without caches") {
		for _, p := range []string{"stamps.json", "evaluation", "accounts.json"} {
			w.must(os.RemoveAll(w.path("var/lib/activate/" + p)))
		}
	}
	w.settled()
}
