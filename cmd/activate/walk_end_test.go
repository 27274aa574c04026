package main_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// deactivate takes everything back; a walk may go on from there.
func (w *walk) deactivate() {
	if w.current != "" || len(w.generations()) > 0 {
		w.deactivated()
	}
}

// deactivated takes everything back.
func (w *walk) deactivated() {
	w.want(0, "deactivate")
	w.ended()
}

// ended looks whether the host is as it was, after everything was taken back.
func (w *walk) ended() {
	if d := cmp.Diff(w.kept(w.before), w.kept(w.tree())); d != "" {
		w.fail("deactivate left (- before, + now)", d)
	}
	w.current = ""
	clear(w.of)
	// What is kept is of the host now.
	w.before = w.tree()
	clear(w.lost)
	w.shared = false
}

// overwrites notes the paths at which a configuration keeps no copy.
func (w *walk) overwrites(text string) {
	if imports, blocks, there := strings.Cut(text, "\n"); there && strings.HasPrefix(imports, "imports ") {
		text = blocks
	}
	for block := range strings.SplitSeq(text, "\n}\n") {
		if strings.Contains(block, "absent = true") {
			continue
		}
		for _, p := range walkPaths {
			rel := strings.TrimPrefix(p, "/")
			label, _, _ := strings.Cut(block, "\n")
			if strings.Contains(block, `on_conflict = "overwrite"`) && (strings.HasSuffix(label, `"`+p+`" {`) || strings.HasSuffix(label, `"`+strings.TrimPrefix(rel, "etc/")+`" {`)) {
				w.lost[rel], w.lost[w.ledTo(rel)] = true, true
			}
		}
	}
}

// ledTo gives the path that p is, where a link above it leads elsewhere.
func (w *walk) ledTo(p string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(w.path(p)))
	if err != nil {
		return p
	}
	at, err := filepath.Rel(w.dir, filepath.Join(dir, filepath.Base(p)))
	w.must(err)
	return at
}

// kept leaves out of a tree what deactivate keeps: homes that were made, and
// what stands where on_conflict said to overwrite.
func (w *walk) kept(tree map[string]string) map[string]string {
	out := maps.Clone(tree)
	maps.DeleteFunc(out, func(p, _ string) bool { return w.keeps(p) })
	for p, text := range out {
		out[p] = untagged(text)
	}
	if home, there := out["home/bob"]; there && !strings.Contains(w.before["etc/passwd"], "bob:") {
		// Such an account was made here. Its home is never removed, and has the last
		// uid that the account had.
		access, owner, _ := strings.Cut(home, " ")
		_, group, _ := strings.Cut(owner, ":")
		out["home/bob"] = access + " " + group
	}
	if w.shared {
		// A line returns to its number, and others have counted since.
		for _, p := range []string{"etc/passwd", "etc/shadow", "etc/group", "etc/gshadow"} {
			access, text, there := strings.Cut(out[p], `"`)
			if !there {
				continue
			}
			lines := strings.Split(strings.TrimSuffix(text, `"`), `\n`)
			slices.Sort(lines)
			out[p] = access + strings.Join(lines, `\n`)
		}
	}
	return out
}

func (w *walk) keeps(p string) bool {
	if w.shared && (p == "etc/.pwd.lock" || strings.HasPrefix(p, "etc/") && strings.HasSuffix(p, "-")) {
		return true
	}
	for lost := range w.lost {
		if p == lost || strings.HasPrefix(p, lost+"/") || strings.HasPrefix(lost, p+"/") {
			return true
		}
	}
	for _, home := range []string{"home/eve", "home/fay", "srv/home", "home/bob/.ssh", "home/ann/.ssh", "root/.ssh", "var/empty"} {
		if p == home || strings.HasPrefix(p, home+"/") {
			return true
		}
	}
	return false
}

// managedTree is the tree without activate's own directories and its link to
// the generation.
func (w *walk) managedTree() map[string]string {
	out := w.tree()
	maps.DeleteFunc(out, func(p, _ string) bool {
		return p == "etc/static" || p == "var" || p == "var/lib" || strings.HasPrefix(p, "var/lib/activate") || p == "run" || p == "run/activate" || strings.HasPrefix(p, "run/activate/")
	})
	return out
}

// accountsTree is the managed tree without what others leave of accounts, too.
func (w *walk) accountsTree() map[string]string {
	out := w.managedTree()
	for p := range out {
		if p == "etc/.pwd.lock" || strings.HasPrefix(p, "etc/") && strings.HasSuffix(p, "-") {
			delete(out, p)
		}
	}
	return out
}
