package users_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestIDReturnsAfterAFailedReturn: an account that was migrated leaves the
// configuration, one call of that fails, whichever it is, and all is undone. When it
// leaves again it has the id from before us.
func TestIDReturnsAfterAFailedReturn(t *testing.T) {
	t.Parallel()
	for k, broken := 1, true; broken; k++ {
		h := open(t, debian)
		before := h.read(t, "etc/passwd")
		id := users.ID(1500)
		h.switchTo(t, wants(users.User{Name: "bob", UID: &id, MigrateID: true}))
		if !strings.Contains(h.read(t, "etc/passwd"), "bob:x:1500:") {
			t.Fatal(h.read(t, "etc/passwd"))
		}
		s := h.subsystem(users.Desired{})
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		broken = h.failAt(k, func() error { return s.Apply(t.Context(), d.Changes) }) != nil
		h.reopen(t)
		must(t, h.subsystem(users.Desired{}).Apply(t.Context(), plan.Inverses(d.Changes)))
		h.switchTo(t, users.Desired{})
		if got := h.read(t, "etc/passwd"); got != before {
			t.Errorf("failed at call %d: %s", k, got)
		}
	}
}

// TestAFailedMigrationLeavesTheAccountOurs: an account and a group that were made here
// are to have other ids, one call of that fails, whichever it is, and all is undone.
// They go all the same when they leave.
func TestAFailedMigrationLeavesTheAccountOurs(t *testing.T) {
	t.Parallel()
	with := func(id users.ID) users.Desired {
		d := wants(users.User{Name: "dan", UID: &id, MigrateID: true})
		d.Groups = []users.Group{{Name: "team", GID: &id, MigrateID: true}}
		return d
	}
	for k, broken := 1, true; broken; k++ {
		h := open(t, debian)
		before := h.read(t, "etc/passwd") + h.read(t, "etc/group")
		h.switchTo(t, with(1500))
		s := h.subsystem(with(1600))
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		broken = h.failAt(k, func() error { return s.Apply(t.Context(), d.Changes) }) != nil
		h.reopen(t)
		must(t, h.subsystem(with(1500)).Apply(t.Context(), plan.Inverses(d.Changes)))
		h.switchTo(t, users.Desired{})
		if got := h.read(t, "etc/passwd") + h.read(t, "etc/group"); got != before {
			t.Errorf("failed at call %d: %s", k, got)
		}
	}
}
