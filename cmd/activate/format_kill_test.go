package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

// migrate migrates the state of a host; fault is called before each operation
// that changes the disk.
func (f format1) migrate(t *testing.T, root string, fault func(op, name string) error) error {
	t.Helper()
	r, err := rootfs.Open(root, rootfs.WithFault(fault))
	must(t, err)
	defer func() { _ = r.Close() }()
	s := generation.Open(r, f.state)
	s.Include(generation.Foreign{Name: users.LedgerName, Formats: users.LedgerFormats(), Renew: users.RenewLedger})
	return s.Migrate()
}

// stopped is what a killed migration panics with.
type stopped struct{}

// cutOff migrates and is killed before the k-th operation, or has it fail; at is
// that operation, "" when there was none.
func (f format1) cutOff(t *testing.T, root string, k int, kill bool) (at string, err error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil && r != any(stopped{}) {
			panic(r)
		}
	}()
	n := 0
	err = f.migrate(t, root, func(op, name string) error {
		if n++; n != k {
			return nil
		}
		at = op + " " + name
		if kill {
			panic(stopped{})
		}
		return syscall.ENOSPC
	})
	return at, err
}

// TestMigrationIsCutOffAnywhere: before each operation, the process is killed or
// the operation fails. The records can be read all the same, and the next run
// ends what was begun: no record is lost, and each is kept as it was.
func TestMigrationIsCutOffAnywhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host string
		kill bool
	}{{"interrupted", true}, {"trial", true}, {"interrupted", false}} {
		t.Run(fmt.Sprintf("%s, killed %v", c.host, c.kill), func(t *testing.T) {
			t.Parallel()
			f := formats1()[c.host]
			whole := filepath.Join(t.TempDir(), "root")
			unpack(t, f.name, whole)
			before := look(t, whole)
			must(t, f.migrate(t, whole, func(string, string) error { return nil }))
			want := look(t, whole)
			for k := 1; ; k++ {
				root := filepath.Join(t.TempDir(), "root")
				unpack(t, f.name, root)
				at, err := f.cutOff(t, root, k, c.kill)
				if at == "" {
					must(t, err)
					t.Logf("cut off before each of %d operations", k-1)
					return
				}
				if !c.kill {
					checkTold(t, at, err)
				}
				f.checkReadable(t, root, at)
				must(t, f.migrate(t, root, func(string, string) error { return nil }))
				if d := cmp.Diff(want, look(t, root)); d != "" {
					t.Fatalf("cut off at %s, then migrated: %s", at, d)
				}
				f.checkMigrated(t, root, before, false)
			}
		})
	}
}

// checkTold checks the error of an operation that failed; where there can be no
// hard link, there is a copy.
func checkTold(t *testing.T, at string, err error) {
	t.Helper()
	if strings.HasPrefix(at, "link ") {
		must(t, err)
		return
	}
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || strings.Contains(err.Error(), ".activate-") {
		t.Errorf("%s fails: %v", at, err)
	}
}

// checkReadable checks that every record of a host can be read.
func (f format1) checkReadable(t *testing.T, root, at string) {
	t.Helper()
	r, err := rootfs.Open(root)
	must(t, err)
	defer func() { _ = r.Close() }()
	s := generation.Open(r, f.state)
	entries, err := s.List()
	if err != nil || len(entries) != 2 {
		t.Errorf("cut off at %s: generations %v, %v", at, entries, err)
	}
	for name, read := range map[string]func() error{
		"journal": func() error { _, err := s.ReadJournal(); return err },
		"index":   func() error { _, err := s.ReadIndex(); return err },
		"trial":   func() error { _, err := s.ReadPending(); return err },
		"entry":   func() error { _, err := s.ReadBootEntry(); return err },
		"counter": func() error { _, err := s.Next(); return err },
		"ledger": func() error {
			b, err := r.ReadFile(f.state+"/"+users.LedgerName, 0)
			must(t, err)
			_, err = users.RenewLedger(b)
			return err
		},
	} {
		if err := read(); err != nil {
			t.Errorf("cut off at %s: %s: %v", at, name, err)
		}
	}
}
