package activation_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// TestBootDamagedRecord: a generation whose record cannot be read fails to
// boot, and after as many attempts the one before is back, to the byte where
// the copy of the record says what is to be taken away.
func TestBootDamagedRecord(t *testing.T) {
	t.Parallel()
	const manifest, spare, boots = "generations/2/manifest.json", "generations/2/manifest.copy", "boots.json"
	for _, row := range []struct {
		name   string
		before []string // damaged at once
		after  []string // damaged after the first failed boot
		gone   string
		// boots is how many fail; left tells that something may stay.
		boots int
		left  bool
	}{
		{name: "record", before: []string{manifest}, boots: 2},
		{name: "record and count", before: []string{manifest, boots}, boots: 2},
		{name: "record, then count", before: []string{manifest}, after: []string{boots}, boots: 3},
		{name: "record and copy", before: []string{manifest, spare}, boots: 2, left: true},
		{name: "record is gone", gone: manifest, boots: 2},
		{name: "generation is gone", gone: "generations/2", boots: 2, left: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.attempts = 2
			m.succeed(t, config{"etc/one": "1\n", "srv/file": "a\n"})
			a := m.tree(t)
			m.succeed(t, config{"etc/one": "2\n", "etc/taken": "ours\n", "srv/file": "b\n", "srv/only": "b\n"})
			m.damage(t, row.before...)
			if row.gone != "" {
				must(t, os.RemoveAll(m.state(row.gone)))
			}
			for n := range row.boots {
				m.failToBoot(t, n)
				if n == 0 {
					m.damage(t, row.after...)
				}
			}
			if _, failure := m.boot(t); failure != "" {
				t.Fatalf("the boot that falls back: %s", failure)
			}
			m.wantBoot(t, "after falling back", 1, 1)
			got := m.tree(t)
			if row.left {
				got = map[string]string{"etc/one": got["etc/one"], "srv/file": got["srv/file"]}
				a = map[string]string{"etc/one": a["etc/one"], "srv/file": a["srv/file"]}
			}
			wantSame(t, "after falling back", a, got)
			back := m.boots(t).Fallback
			if back == nil || back.From != 2 || back.To != 1 || !strings.Contains(back.Reason, "generation") || !slices.Contains(m.log, "at-boot: "+back.String()) {
				t.Errorf("the fallback is %+v\n%s", back, strings.Join(m.log, "\n"))
			}
			if row.left != strings.Contains(strings.Join(m.log, "\n"), "what only generation 2 brought stays where it is") {
				t.Errorf("what stays is not told as it is:\n%s", strings.Join(m.log, "\n"))
			}
			if res, failure := m.boot(t); res.Verdict != activation.Unchanged || failure != "" {
				t.Errorf("the boot after: %s %q", res.Verdict, failure)
			}
		})
	}
}

func (m *machine) state(name string) string { return filepath.Join(m.dir, stateDir, name) }

// damage leaves what a disk may: half of a file.
func (m *machine) damage(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		info, err := os.Stat(m.state(name))
		must(t, err)
		must(t, os.Truncate(m.state(name), info.Size()/2))
	}
}

// failToBoot boots generation 2, which cannot be read.
func (m *machine) failToBoot(t *testing.T, n int) {
	t.Helper()
	e := m.counting(t)
	defer func() { _ = e.Root.Close() }()
	_, err := m.atBoot(e)
	if err == nil || !strings.Contains(err.Error(), "generation") {
		t.Fatalf("boot %d ends with %v", n+1, err)
	}
	m.wantBoot(t, "after a failed boot", 2, 2)
	if trial := m.boots(t).Trials[2]; trial.Attempts == 0 || !strings.HasPrefix(trial.Failure, "at-boot failed: cannot apply the boot generation: ") {
		t.Fatalf("after boot %d the account is %+v", n+1, trial)
	}
}

// TestBootRunNeverEnds: a switch that was interrupted and that no boot can
// finish is taken back once its generation has no attempts left.
func TestBootRunNeverEnds(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.attempts = 2
	m.succeed(t, configA)
	a := m.tree(t)
	// The power goes with the first change of generation 2, at every boot.
	cut := func(_, name string) error {
		if strings.HasSuffix(name, "srv/file") {
			panic(killed{})
		}
		return nil
	}
	m.fault = cut
	if !survive(func() { m.succeed(t, configB) }) {
		t.Fatal("nothing cut the switch")
	}
	for n := range 2 {
		if !survive(func() { m.boot(t) }) {
			t.Fatalf("nothing cut boot %d", n+1)
		}
		if got := m.boots(t).Trials[2].Attempts; got != n+1 {
			t.Fatalf("after %d boots that were cut %d are counted", n+1, got)
		}
	}
	m.fault = nil
	if _, failure := m.boot(t); failure != "" {
		t.Fatal(failure)
	}
	m.wantBoot(t, "after it was taken back", 1, 1)
	wantSame(t, "after it was taken back", a, m.tree(t))
	if back := m.boots(t).Fallback; back == nil || back.From != 2 || back.To != 1 || back.Attempts != 2 {
		t.Errorf("the fallback is %+v", back)
	}
}
