package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// editBehind has an administrator write through a link to a content of the
// generation. It is drift; the next switch makes the content anew, in a
// generation of its own, or its policy leaves it. In the generation that was
// edited the administrator takes it back.
func (w *walk) editBehind() {
	linked := w.linked()
	if len(linked) == 0 {
		return
	}
	p := rapid.SampledFrom(slices.Sorted(maps.Keys(linked))).Draw(w.t, "edited behind its link")
	edited := filepath.Join(w.path(stateOfHost), "generations", w.current, p)
	was := w.managedTree()
	b, err := os.ReadFile(edited)
	w.must(err)
	w.must(os.WriteFile(edited, append(slices.Clone(b), "edited\n"...), 0o600))
	w.tell("edited %s behind its link", p)
	w.want(2, "drift")
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	if status, out := w.run("switch", w.config); status > 1 {
		w.fail("a content that was edited", out)
	}
	if w.inEffect() != w.current {
		w.differs("a content was not made anew", linked, w.linked())
	}
	if _, err := os.Lstat(edited); err == nil {
		w.must(os.WriteFile(edited, b, 0o600))
	}
	w.differs("an edit of a content left", was, w.managedTree())
	w.stays()
	w.settled()
	w.differs("the contents changed", linked, w.linked())
}

// linked has the contents of the current generation to which links lead.
func (w *walk) linked() map[string]string {
	out, of := map[string]string{}, filepath.Join(stateOfHost, "generations", w.inEffect())
	for p, text := range w.tree() {
		if below, ours := strings.CutPrefix(p, of+"/"); ours && strings.HasPrefix(below, "etc/") && strings.HasPrefix(text, "100") {
			out[below] = text
		}
	}
	return out
}

// note is an attribute that an administrator sets by hand.
const note = "trusted.note"

// tag has an administrator set an extended attribute on what is managed: it is no
// drift, and stays as long as what it is on.
func (w *walk) tag() {
	p := w.path(rapid.SampledFrom(w.paths()).Draw(w.t, "tagged"))
	if st, err := os.Lstat(p); err != nil || !st.IsDir() && !st.Mode().IsRegular() {
		return
	}
	w.must(unix.Setxattr(p, note, []byte("theirs"), 0))
	w.tell("tagged %s", p)
	was := w.managedTree()
	w.settled()
	w.differs("a tagged path changed", was, w.managedTree())
}

// capable tells whether what is at p has capabilities.
func capable(p string) bool { return strings.Contains(xattrsOf(p), " security.capability=") }

// untagged is the text of a path in a tree without what an administrator set.
func untagged(text string) string {
	return strings.Replace(text, " "+note+`="theirs" (<nil>)`, "", 1)
}
