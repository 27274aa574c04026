package main_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// TestWalks takes random walks through random configurations of random hosts:
// switches, several at once of which one is killed, others that look meanwhile,
// trials, saved plans, kills and failures of every verb, boots, edits by an administrator of files, keys and accounts, restores from a
// backup, rollbacks, deletions of generations and deactivations in between. After
// each step nothing is left to do, nothing has drifted, and what was refused
// changed nothing; at the end the host is as it was before. A walk that fails is
// printed as its shortest. ACTIVATE_WALKS sets their number, and has them drawn
// anew; -rapid.seed repeats a run.
func TestWalks(t *testing.T) {
	t.Parallel()
	takeWalks(t, number(t, "ACTIVATE_WALKS", 25), newHost)
}

// takeWalks takes so many walks of what begin begins.
func takeWalks(t *testing.T, left int, begin func(t *rapid.T, dir string) *walk) {
	t.Helper()
	base := t.TempDir()
	must(t, unix.Mount("tmpfs", base, "tmpfs", 0, "mode=755"))
	t.Cleanup(func() { must(t, unix.Unmount(base, unix.MNT_DETACH)) })
	// Each check is of 100 walks, unless -rapid.checks says otherwise.
	for left > 0 && !t.Failed() {
		someWalks(t, base, &left, begin)
	}
}

// newHost begins a walk of a host.
func newHost(t *rapid.T, dir string) *walk {
	w := &walk{walkHost: walkHost{t: t, dir: filepath.Join(dir, "root"), init: rapid.SampledFrom(walkInits).Draw(t, "init"), program: binary}, config: filepath.Join(dir, "c.hcl"), of: map[string]string{}, lost: map[string]bool{}, forced: rapid.IntRange(0, 3).Draw(t, "forced") == 3}
	w.must(os.Mkdir(w.dir, 0o755))
	w.must(os.WriteFile(filepath.Join(dir, walkSource), []byte("source\n"), 0o600))
	w.fill()
	return w
}

// someWalks takes at most left walks, and counts them.
func someWalks(test *testing.T, base string, left *int, begin func(t *rapid.T, dir string) *walk) {
	test.Helper()
	broken := false
	rapid.Check(test, func(t *rapid.T) {
		// A walk that failed is walked again, to find its shortest.
		if *left--; *left < 0 && !broken {
			return
		}
		dir, err := os.MkdirTemp(base, "walk")
		if err != nil {
			t.Fatal(err)
		}
		whole := false
		w := begin(t, dir)
		defer func() {
			if !whole && !broken {
				// One that the moment of a fault decided on may not fail again.
				test.Logf("the first walk that failed, of the host %q:\n%s", w.before, strings.Join(w.told, "\n"))
			}
			broken = broken || !whole
			_ = os.RemoveAll(dir)
		}()
		w.before = w.tree()
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			w.step()
		}
		w.deactivate()
		whole = true
	})
}

// walk is one walk under way.
type walk struct {
	walkHost
	// config is the path of the configuration that was last switched to.
	config string
	// before is the tree to end with, to which an administrator's own changes
	// are added.
	before map[string]string
	// of has the configuration of each generation by its number, and current
	// is the number of the one in effect.
	of      map[string]string
	current string
	// lost are the paths at which something may be overwritten for good.
	lost map[string]bool
	// forced tells that even root may be locked out.
	forced bool
	// shared tells that others changed accounts meanwhile: the lock and the
	// backups of account files are theirs as well.
	shared bool
	// told is what happened so far.
	told []string
}

// tell logs what happened.
func (w *walk) tell(format string, args ...any) {
	w.t.Helper()
	w.told = append(w.told, fmt.Sprintf(format, args...))
	w.t.Log(w.told[len(w.told)-1])
}

// flags are those that every run of the walk has.
func (w *walk) flags() []string {
	if w.home {
		return []string{"--user", "--init", w.init}
	}
	out := []string{"--root", w.dir, "--init", w.init}
	if w.forced {
		out = append(out, "--force-lockout")
	}
	return out
}

// run runs the program and gives its exit status and what it said.
func (w *walk) run(args ...string) (int, string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.program, append(args, w.flags()...)...)
	cmd.Env = []string{"NO_COLOR=1"}
	w.asOwner(cmd)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	w.tell("activate %s: exit %d", strings.Join(args, " "), cmd.ProcessState.ExitCode())
	return cmd.ProcessState.ExitCode(), string(out)
}

// fail ends the walk. What it says is the same whenever the same goes wrong, or
// rapid would not know it again.
func (w *walk) fail(what, detail string) {
	w.t.Helper()
	w.tell("%s", detail)
	w.t.Fatal(what)
}

// want runs the program and fails unless it ends with status.
func (w *walk) want(status int, args ...string) string {
	w.t.Helper()
	got, out := w.run(args...)
	if got != status {
		w.fail("the wrong exit status", fmt.Sprintf("exit %d, not %d:\n%s", got, status, out))
	}
	return out
}

func (w *walk) step() {
	if w.current != "" {
		// A step that came to nothing may have drawn another.
		w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	}
	if w.current != "" && rapid.IntRange(0, 2).Draw(w.t, "asks") == 2 {
		w.asks()
	}
	if w.home {
		w.oneOf(w.homeSteps())
		return
	}
	steps := []func(){w.switches, w.switches, w.killed, w.fails, w.together, w.onTrial, w.confirmedBeside, w.killedBeside}
	if w.current != "" {
		steps = append(steps, w.rollback, w.forget, w.forgetOlder, w.edit, w.foreign, w.deactivate, w.newKey, w.lostKey, w.editAccount, w.disturb, w.loseAccount, w.restored, w.boots, w.applies, w.tries, w.reboots, w.onTrial, w.confirmedBeside, w.killedBeside, w.readBeside, w.killed, w.fails, w.appliesLate, w.editBehind, w.editBehind, w.tag, w.tag, w.disturb)
	}
	w.oneOf(steps)
}

// oneOf takes one of the steps.
func (w *walk) oneOf(steps []func()) {
	// An index that rapid draws is a small one most of the time.
	n := 0
	for range 8 {
		n *= 2
		if rapid.Bool().Draw(w.t, "step") {
			n++
		}
	}
	steps[n%len(steps)]()
}

// blocks draws the blocks of a whole configuration.
func (w *walk) blocks() []string {
	if w.home {
		return drawHome(w.t, w.dir, w.init)
	}
	return drawBlocks(w.t, w.init)
}

// drawn draws a configuration and writes it. Most of what is drawn is refused,
// which changes nothing; then as many of its blocks are taken as are not.
// planned is how its plan ended.
func (w *walk) drawn(what string) (text string, planned int) {
	blocks := w.blocks()
	was, all := w.managedTree(), w.tree()
	if planned = w.planned(blocks); planned == 1 {
		w.want(1, "switch", w.config)
		if d := cmp.Diff(all, w.tree()); d != "" && len(w.generations()) == 0 {
			w.fail("a refused first switch left", d)
		}
		var taken []string
		for _, b := range blocks {
			if more := append(slices.Clone(taken), b); w.planned(more) != 1 {
				taken = more
			}
		}
		blocks, planned = taken, w.planned(taken)
	}
	if d := cmp.Diff(was, w.managedTree()); d != "" {
		w.fail("a plan, or a refused switch, changed", d)
	}
	text = strings.Join(blocks, "")
	w.tell("%s:\n%s", what, text)
	w.overwrites(text)
	return text, planned
}

// planned writes a configuration and gives how its plan ends.
func (w *walk) planned(blocks []string) int {
	w.must(os.WriteFile(w.config, []byte(strings.Join(blocks, "")), 0o644))
	status, _ := w.run("plan", w.config, "--detailed-exitcode")
	return status
}

// reached notes that the host is as text says, for which a plan ended with
// planned.
func (w *walk) reached(text string, planned int) {
	w.t.Helper()
	if planned == 0 && w.current == "" && !w.leads("current") {
		// Where nothing is ours and nothing is to be, there is nothing to record.
		return
	}
	w.comes(text)
	w.settled()
}

// comes notes that the current generation is of text.
func (w *walk) comes(text string) {
	w.noted(text)
	w.current = w.inEffect()
	w.of[w.current] = text
}

// stays notes that each new generation is of the configuration in effect: what
// took an edit back is a generation of its own.
func (w *walk) stays() {
	w.noted(w.of[w.current])
	w.current = w.inEffect()
}

// noted notes that each new generation is of text: a switch that was killed, or
// that was on trial, may have made one, too. Those that are gone are forgotten.
func (w *walk) noted(text string) {
	was := maps.Clone(w.of)
	clear(w.of)
	for _, n := range w.generations() {
		w.of[n] = text
		if known, ok := was[n]; ok {
			w.of[n] = known
		}
	}
}

// settled checks that nothing is left to do.
func (w *walk) settled() {
	w.t.Helper()
	w.must(os.WriteFile(w.config, []byte(w.of[w.current]), 0o644))
	w.want(0, "plan", w.config, "--detailed-exitcode")
	w.want(0, "drift")
	was := w.managedTree()
	w.want(0, "switch", w.config)
	if now := w.inEffect(); now != w.current {
		w.t.Fatalf("a second switch made generation %s of %s", now, w.current)
	}
	if d := cmp.Diff(was, w.managedTree()); d != "" {
		w.fail("a second switch changed", d)
	}
}

// inEffect gives the number of the current generation.
func (w *walk) inEffect() string {
	target, err := os.Readlink(w.path("var/lib/activate/current"))
	w.must(err)
	return filepath.Base(target)
}

// generations gives the numbers of the generations that are there.
func (w *walk) generations() []string {
	names, err := filepath.Glob(w.path("var/lib/activate/generations/*"))
	w.must(err)
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	return names
}
