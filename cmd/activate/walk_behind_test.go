package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
