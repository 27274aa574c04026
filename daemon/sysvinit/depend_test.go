package sysvinit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/daemon/sysvinit"
)

// TestMerge: our scripts come into insserv's file and go out of it again, and
// what is of others stays as it is to the byte.
func TestMerge(t *testing.T) {
	t.Parallel()
	const host = `TARGETS = sendsigs cron umountfs
umountfs: sendsigs
`
	const fresh = `TARGETS = cron web db sendsigs umountfs
db: web
sendsigs: web db
umountfs: sendsigs db
`
	const want = `TARGETS = sendsigs cron umountfs web db
umountfs: sendsigs db
db: web
sendsigs: web db
`
	ours := func(name string) bool { return name == "web" || name == "db" }
	merged := sysvinit.Merge(host, fresh, ours)
	if diff := cmp.Diff(want, merged); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, sysvinit.Merge(merged, fresh, ours)); diff != "" {
		t.Errorf("a second time: %s", diff)
	}
	const left = `TARGETS = umountfs cron sendsigs
umountfs: sendsigs
`
	nobody := func(string) bool { return false }
	if diff := cmp.Diff(host, sysvinit.Merge(merged, left, nobody)); diff != "" {
		t.Errorf("without us: %s", diff)
	}
}

// FuzzMerge: no text makes it fail, and it comes to rest.
func FuzzMerge(f *testing.F) {
	f.Add("TARGETS = a b\nINTERACTIVE = a\nb: a\n", "TARGETS = a web\nweb: a\n")
	ours := func(name string) bool { return strings.HasPrefix(name, "web") }
	f.Fuzz(func(t *testing.T, host, fresh string) {
		once := sysvinit.Merge(host, fresh, ours)
		if twice := sysvinit.Merge(once, fresh, ours); twice != once {
			t.Errorf("%q, then %q", once, twice)
		}
	})
}
