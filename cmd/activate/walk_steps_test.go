package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

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
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o600))
	was := w.managedTree()
	switch status, out := w.run("switch", w.config); status {
	case 0:
		now := w.inEffect()
		w.of[now] = w.of[w.current]
		w.current = now
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
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o600))
	was := w.managedTree()
	w.want(0, "drift")
	w.want(0, "at-boot")
	if strings.Contains(w.of[w.current], "/"+key) {
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

// accountEdits are what an administrator does to a field of an account's line.
var accountEdits = []struct { //nolint:gochecknoglobals // a constant
	path  string
	field int
	text  string
}{
	{"etc/passwd", 4, "Edited"},
	{"etc/passwd", 6, "/bin/edited"},
	{"etc/passwd", 3, "100"},
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
	w.t.Logf("edited %s in %s", name, e.path)
	drift, _ := w.run("drift")
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o600))
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
	now := w.inEffect()
	w.of[now] = w.of[w.current]
	w.current = now
	w.settled()
}

// overwrite writes a file in place.
func (w *walk) overwrite(p string, b []byte) { w.must(os.WriteFile(w.path(p), b, 0o600)) }

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

// boots records a configuration for the next boot, and boots.
func (w *walk) boots() {
	text, planned := w.drawn("for the next boot")
	if planned == 1 {
		return
	}
	was := w.managedTree()
	w.want(0, "boot", w.config)
	if d := cmp.Diff(was, w.managedTree()); d != "" {
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

// injected switches with something done to one of the system calls, drawn.
func (w *walk) injected(what string, calls ...string) (status int, said string) {
	call := rapid.SampledFrom(calls).Draw(w.t, "system call")
	at := fmt.Sprintf("inject=%s:%s:when=%d", call, what, rapid.IntRange(1, 20).Draw(w.t, "which"))
	cmd := exec.CommandContext(w.t.Context(), "strace", "-f", "-o", os.DevNull, "-e", "trace="+call, "-e", at, binary, "switch", w.config, "--root", w.dir, "--init", "none")
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	w.t.Logf("%s: %v", at, err)
	return cmd.ProcessState.ExitCode(), out.String()
}

// killed kills a switch at one of its system calls; the next run ends it.
func (w *walk) killed() {
	text, planned := w.drawn("to be killed")
	if planned == 1 {
		return
	}
	w.injected("signal=SIGKILL", "renameat", "symlinkat", "unlinkat", "mkdirat", "fsync", "fchmod", "syncfs")
	if rapid.Bool().Draw(w.t, "boots next") {
		w.want(0, "at-boot")
	}
	w.want(0, "switch", w.config)
	w.reached(text, planned)
}

// fails has one of a switch's system calls fail: it is undone, or says that it
// is not; the next run ends it.
func (w *walk) fails() {
	was := w.managedTree()
	text, planned := w.drawn("to fail")
	if planned == 1 {
		return
	}
	reason := rapid.SampledFrom([]string{"error=EIO", "error=ENOSPC", "error=EROFS"}).Draw(w.t, "reason")
	status, said := w.injected(reason, "renameat", "symlinkat", "unlinkat", "mkdirat", "fsync", "fchmod", "fchownat", "fchown", "syncfs", "write", "linkat")
	switch status {
	case 0, 3:
	case 1:
		if d := cmp.Diff(was, w.managedTree()); d != "" {
			w.fail("failed and undone, yet changed", d+said)
		}
	default:
		w.fail("a failing switch", fmt.Sprintf("exit %d\n%s", status, said))
	}
	w.want(0, "switch", w.config)
	w.reached(text, planned)
}
