package users_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestOldHomeComesBackFromMigration gives an account another home in the run
// that gives its files another id, and in the next: the old home has its id
// again afterwards.
func TestOldHomeComesBackFromMigration(t *testing.T) {
	t.Parallel()
	elsewhere := wants(users.User{Name: "bob", Home: "/srv/bob"})
	byGroup := users.Desired{Users: elsewhere.Users, Groups: migratedGroup().Groups}
	byUser := wants(users.User{Name: "bob", Home: "/srv/bob", UID: new(users.ID(1500)), MigrateID: true})
	for name, runs := range map[string][]users.Desired{
		"group":                      {byGroup},
		"group, home later":          {migratedGroup(), byGroup},
		"group leaves, home later":   {byGroup, elsewhere},
		"user":                       {byUser},
		"user, home later":           {migrated(), byUser},
		"user, home back in between": {byUser, migrated(), byUser},
	} {
		h := open(t, debian)
		homeOfBob(t, h)
		before := h.tree(t)
		for _, desired := range append(runs, users.Desired{}) {
			if d := h.switchTo(t, desired); len(d.Problems) > 0 {
				t.Fatalf("%s: %+v", name, d.Problems)
			}
		}
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
