package main_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// snippetFails brings a configuration with a snippet that fails, or hangs: all is
// undone. One that may fail is told, and the rest stays.
func (w *walk) snippetFails() {
	was := w.managedTree()
	const mayFail = "  script = \"exit 3\"\n  on_failure = \"continue\"\n"
	body := rapid.SampledFrom([]string{
		"  script = \"exit 3\"\n",
		"  script = \"kill -TERM $$\"\n",
		"  script = \"sleep 1000\"\n  timeout = \"50ms\"\n",
		mayFail,
	}).Draw(w.t, "failing snippet")
	text, planned := w.withSnippet("with a snippet that fails", body)
	if planned == 1 {
		return
	}
	verb := rapid.SampledFrom([]string{"switch", "test"}).Draw(w.t, "verb")
	status, said := w.run(verb, w.config)
	if want := map[bool]int{false: 1, true: 3}[body == mayFail]; status != want {
		w.fail("a snippet that fails", fmt.Sprintf("exit %d, not %d\n%s", status, want, said))
	}
	if d := cmp.Diff(was, w.managedTree()); d != "" && body != mayFail {
		w.fail("a snippet failed, yet there is", d+said)
	}
	w.goesOn(text, planned)
}

// snippetKills brings a configuration with a snippet that kills activate, once:
// the next run ends it.
func (w *walk) snippetKills() {
	once := filepath.Join(filepath.Dir(w.config), "once")
	w.must(os.RemoveAll(once))
	text, planned := w.withSnippet("with a snippet that kills", fmt.Sprintf("  script = \"test -e %[1]s || { : >%[1]s; kill -KILL $PPID; sleep 1000; }\"\n  at_boot = true\n", once))
	if planned == 1 {
		return
	}
	if status, said := w.run("switch", w.config); status != -1 {
		w.fail("a snippet did not kill", fmt.Sprintf("exit %d\n%s", status, said))
	}
	switch rapid.SampledFrom([]string{"", "boots", "deactivate"}).Draw(w.t, "next") {
	case "boots":
		w.want(0, "at-boot")
	case "deactivate":
		w.deactivated()
		return
	}
	w.goesOn(text, planned)
}

// goesOn switches to text, which is like what just failed but for a snippet. What that
// left of itself goes: to return to it is to run the snippet again.
func (w *walk) goesOn(text string, planned int) {
	w.must(os.WriteFile(w.config, []byte(text), 0o644))
	w.want(0, "switch", w.config)
	for _, n := range w.generations() {
		if _, known := w.of[n]; !known && n != w.inEffect() {
			w.want(0, "generations", "delete", n)
		}
	}
	w.reached(text, planned)
}
