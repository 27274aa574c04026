package users_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestAnExpiryReturnsAsItWasWritten has days that no date of four digits says,
// or that say "never" in another way than the empty field.
func TestAnExpiryReturnsAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"", "-1", "0", "0020000", "20000", "99999999", "soon"} {
		h := open(t, debian)
		p := filepath.Join(h.dir, "etc/shadow")
		was := strings.Replace(debian["etc/shadow"], "bobbobbob:19001:0:99999:7:::", "bobbobbob:19001:3:90:14:30:"+field+":r", 1)
		must(t, os.WriteFile(p, []byte(was), 0o640))
		before := h.tree(t)
		bob := users.User{Name: "bob", Expires: "2030-01-01", HashedPassword: "$6$new"}
		h.switchTo(t, wants(bob))
		if got := h.read(t, "etc/shadow"); !strings.Contains(got, ":3:90:14:30:21915:r") {
			t.Errorf("%q: the date is not set: %s", field, got)
		}
		if d := h.diff(t, wants(bob)); len(d.Changes) > 0 {
			t.Errorf("%q: again: %v", field, d.Changes)
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%q: %s", field, diff)
		}
	}
}

// TestBackupsReturnWithTheirOwnMode has the "-" files of an older shadow-utils,
// which only root may read.
func TestBackupsReturnWithTheirOwnMode(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	for _, name := range []string{"etc/passwd-", "etc/shadow-"} {
		p := filepath.Join(h.dir, name)
		must(t, os.WriteFile(p, []byte("root:x:0:0:root:/root:/bin/bash\n"), 0o600))
		must(t, os.Chown(p, 0, 42))
	}
	must(t, os.Chmod(filepath.Join(h.dir, "etc/shadow-"), 0))
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "alice"}))
	h.switchTo(t, wants(users.User{Name: "bob", Expires: "2030-01-01"}))
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}
