package main_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// switches switches to a new configuration.
func (w *walk) switches() {
	text, planned := w.drawn("configuration")
	if planned == 1 {
		// Not even nothing can be switched to: an edit is in the way.
		return
	}
	w.want(0, "switch", w.config)
	w.reached(text, planned)
}

// beforeBoot is the managed tree without what a boot entry has for the managers of
// users, which is there before they come up.
func (w *walk) beforeBoot() map[string]string {
	out := w.managedTree()
	maps.DeleteFunc(out, func(p, _ string) bool { return strings.HasPrefix(p, "etc/systemd/user-generators") })
	return out
}

// boots records a configuration for the next boot, and boots.
func (w *walk) boots() {
	text, planned := w.drawn("for the next boot")
	if planned == 1 {
		return
	}
	was := w.beforeBoot()
	w.want(0, "boot", w.config)
	if d := cmp.Diff(was, w.beforeBoot()); d != "" {
		w.fail("what is for the next boot changed", d)
	}
	w.want(0, "at-boot")
	w.reached(text, planned)
}

// applies goes to a configuration by a saved plan.
func (w *walk) applies() {
	text, planned := w.drawn("to be planned")
	if planned == 1 {
		return
	}
	saved := filepath.Join(filepath.Dir(w.config), "saved.plan")
	w.want(0, "plan", w.config, "--out", saved)
	w.want(0, "apply", saved)
	w.reached(text, planned)
}

// tries goes to a configuration that is not for the next boot, and perhaps boots.
func (w *walk) tries() {
	text, planned := w.drawn("to be tried")
	if planned == 1 {
		return
	}
	boot := w.bootDefault()
	w.want(0, "test", w.config)
	w.comes(text)
	w.want(0, "plan", w.config, "--detailed-exitcode")
	w.want(0, "drift")
	if now := w.bootDefault(); now != boot {
		w.fail("a test changed the boot default", now+", not "+boot)
	}
	if rapid.Bool().Draw(w.t, "boots") {
		w.reboots()
		return
	}
	w.settled()
}

// bootDefault gives the number of the generation that the next boot brings up.
func (w *walk) bootDefault() string {
	target, err := os.Readlink(w.path("var/lib/activate/boot"))
	w.must(err)
	return filepath.Base(target)
}

// reboots boots. What forbids the way to the boot default leaves the host as it
// is.
func (w *walk) reboots() {
	n := w.bootDefault()
	w.arrives(n, "at-boot")
}

// rollback goes to some generation.
func (w *walk) rollback() {
	w.rollsBack(rapid.SampledFrom(w.generations()).Draw(w.t, "roll back to"))
}

func (w *walk) rollsBack(n string) { w.arrives(n, "rollback", n) }

// arrives runs what leads to generation n, or is refused and changes nothing.
func (w *walk) arrives(n string, args ...string) {
	was := w.managedTree()
	switch status, out := w.run(args...); status {
	case 0:
		w.current = n
		w.settled()
	case 1:
		if d := cmp.Diff(was, w.managedTree()); d != "" {
			w.fail("refused, yet changed", d)
		}
		w.current = w.inEffect()
	default:
		w.fail("the way to a generation", fmt.Sprintf("exit %d\n%s", status, out))
	}
}

// forget deletes a generation, which is refused for the current one.
func (w *walk) forget() {
	n := rapid.SampledFrom(w.generations()).Draw(w.t, "delete")
	status := 0
	if n == w.current || n == w.bootDefault() {
		status = 1
	}
	w.want(status, "generations", "delete", n)
	if slices.Contains(w.generations(), n) != (status == 1) {
		w.t.Fatalf("generation %s is there or not", n)
	}
	w.settled()
}

// forgetOlder deletes all generations that may go.
func (w *walk) forgetOlder() {
	w.want(0, "generations", "delete", "--keep", "1")
	w.settled()
	if n := w.generations(); len(n) > 2 || !slices.Contains(n, w.current) {
		w.t.Fatalf("of one generation to be kept, with the current and the boot default, there are %v", n)
	}
}
