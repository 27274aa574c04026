package activation_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
)

// reboot re-applies the current generation after its tree was damaged, with
// faults at every call that is about a name.
func (m *machine) reboot(t testing.TB, failing string) *activation.Result {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	_, err := e.Recover(t.Context())
	must(t, err)
	target, err := e.BeginBoot(false)
	must(t, err)
	p, err := e.Prepare(t.Context(), target)
	must(t, err)
	if failing != "" {
		m.fault = func(_, name string) error {
			if strings.HasSuffix(name, failing) {
				return syscall.EROFS
			}
			return nil
		}
		defer func() { m.fault = nil }()
	}
	return e.Apply(t.Context(), p, activation.Request{Verb: activation.VerbAtBoot, SetBoot: true})
}

func TestABootGoesOnWithoutWhatFails(t *testing.T) {
	t.Parallel()
	for _, failing := range []struct{ path, address string }{
		{"srv/file", "file//srv/file"},
		{"srv/dir", "directory//srv/dir"},
		{"srv/link", "symlink//srv/link"},
		{"etc/one", "etc/one"},
		{"etc/static", "symlink//etc/static"},
	} {
		t.Run(failing.address, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			c := config{"etc/one": "1\n", "etc/two": "2\n", "srv/file": "a\n", "srv/other": "b\n", "srv/dir": "<dir>", "srv/link": "->/srv/file"}
			m.switchTo(t, c)
			whole := m.tree(t)
			for p := range c {
				must(t, os.Remove(filepath.Join(m.dir, p)))
			}
			must(t, os.Remove(filepath.Join(m.dir, "etc/static")))

			m.settled = 0
			res := m.reboot(t, failing.path)
			if m.settled > 0 {
				t.Error("the next run would take what was left out for done")
			}
			if res.Verdict != activation.Partial || res.Err == nil {
				t.Fatalf("%v %v", res.Verdict, res.Err)
			}
			if !slices.Equal(res.LeftOut, []plan.Address{plan.Address(failing.address)}) {
				t.Errorf("left out %v", res.LeftOut)
			}
			if !strings.Contains(res.Err.Error(), failing.path) {
				t.Errorf("%v does not name %s", res.Err, failing.path)
			}
			for p := range c {
				if _, err := os.Lstat(filepath.Join(m.dir, p)); err != nil && p != failing.path {
					t.Error(err)
				}
			}
			if res = m.reboot(t, ""); res.Verdict != activation.Applied {
				t.Errorf("the next boot: %v %v", res.Verdict, res.Err)
			}
			wantSame(t, "after the next boot", whole, m.tree(t))
		})
	}
}

func TestAGenerationThatLostContentsIsNotGoneBackTo(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"etc/one", "etc", "files"} {
		m := newMachine(t)
		m.switchTo(t, config{"etc/one": "1\n", "etc/same": "s\n", "srv/file": "a\n"})
		m.switchTo(t, config{"etc/one": "2\n", "etc/same": "s\n", "srv/file": "b\n"})
		before := m.tree(t)
		must(t, os.RemoveAll(filepath.Join(m.dir, stateDir, "generations/1", piece)))
		e := m.open(t)
		defer func() { _ = e.Root.Close() }()
		record, err := e.State.Read(1)
		must(t, err)
		target, err := e.Restore(record)
		must(t, err)
		p, err := e.Prepare(t.Context(), target)
		must(t, err)
		if err := p.Refused(); err == nil || !strings.Contains(err.Error(), "its content is gone from "+filepath.Join(m.dir, stateDir, "generations/1")) {
			t.Errorf("without %s: %v", piece, err)
		}
		if res := e.Apply(t.Context(), p, activation.Request{Verb: "rollback", SetBoot: true}); res.Verdict != activation.Failed {
			t.Errorf("without %s: %v", piece, res.Verdict)
		}
		wantSame(t, piece, before, m.tree(t))
	}
}
