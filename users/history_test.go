package users_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestAnyHistoryIsTakenBack goes through configurations that contradict each
// other, on a host with lines of departed accounts. Each switch converges or
// changes nothing, and when all is taken back, nothing is left but homes.
func TestAnyHistoryIsTakenBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		withHistory(t, func(h *host) {
			before := h.tree(t)
			var told []plan.Problem
			for _, label := range []string{"first ", "second ", "third "} {
				told = append(told, h.convergesOrRefuses(t, drawHistory(t, label))...)
			}
			h.undo = true
			told = append(told, h.switchTo(t, users.Desired{}).Warnings...)
			for _, p := range told {
				if strings.Contains(p.Summary, " back: ") {
					return
				}
			}
			for _, home := range []string{"srv/both", "srv/alice", "srv/bob", "srv/carol", "srv/gone", "home/alice", "home/carol", "home/gone"} {
				must(t, os.RemoveAll(h.dir+"/"+home))
			}
			if diff := cmp.Diff(before, h.tree(t)); diff != "" {
				t.Fatalf("left a trace: %s", diff)
			}
		})
	})
}

// TestAnyFaultInAnyHistory is survived, too.
func TestAnyFaultInAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		withHistory(t, func(h *host) {
			for _, label := range []string{"first ", "second "} {
				h.convergesOrRefuses(t, drawHistory(t, label))
			}
			h.survivesAFault(t, drawHistory(t, "third "))
		})
	})
}

// withHistory is a host with lines of departed accounts, on which anybody may be
// locked out.
func withHistory(t *rapid.T, check func(h *host)) {
	files := maps.Clone(debian)
	files["etc/shadow"] = "gone:$6$salt$old:18000::::5::\n" + files["etc/shadow"] + "gone:$6$salt$old:18000::::5::\n"
	files["etc/group"] = "club:x:1500:bob,gone\n" + files["etc/group"]
	files["etc/gshadow"] = "gone:$6$salt$old:eve:\n" + files["etc/gshadow"]
	files["srv/there"], files["home/bob/there"] = "", ""
	withFiles(t, files, func(h *host) {
		h.force = true
		must(t, os.Chown(h.dir+"/home/bob", 1000, 1000))
		check(h)
	})
}

// convergesOrRefuses switches, and gives the warnings.
func (h *host) convergesOrRefuses(t testingT, desired users.Desired) []plan.Problem {
	t.Helper()
	was := h.tree(t)
	d := h.switchTo(t, desired)
	if len(d.Problems) > 0 {
		if diff := cmp.Diff(was, h.tree(t)); diff != "" {
			t.Fatalf("refused, yet changed: %s", diff)
		}
		return d.Warnings
	}
	if again := h.diff(t, desired); len(again.Changes)+len(again.Problems) > 0 {
		t.Fatalf("not converged: %s", strings.Join(describe(again), "\n"))
	}
	return d.Warnings
}

// drawHistory is drawDesired with all that one account can take from another.
func drawHistory(t *rapid.T, label string) users.Desired {
	var d users.Desired
	rarely := func(what string) bool { return rapid.IntRange(0, 2).Draw(t, label+what) == 0 }
	draw := func(what string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label+what) }
	id := func(what string, from users.ID) *users.ID {
		return new(from + users.ID(rapid.IntRange(0, 2).Draw(t, label+what)))
	}
	for _, name := range []string{"alice", "bob", "carol", "gone"} {
		if !rarely("user " + name) {
			continue
		}
		u := drawUser(t, label, name)
		u.Group = draw("primary of "+name, "", "", "", "alice", "bob", "staff", "team")
		u.Home = draw("home of "+name, "", "", "/srv/"+name, "/srv/both")
		u.OnRemoval = draw("removal of "+name, "delete", "delete", "lock")
		u.ExclusiveGroups = rarely("exclusive " + name)
		if rarely("uid of " + name) {
			u.UID, u.MigrateID = id("uid "+name, 2000), rapid.Bool().Draw(t, label+"migrate "+name)
		}
		if u.SubIDs != nil && rarely("range of "+name) {
			u.SubIDs = &users.SubIDs{Ranges: []users.SubRange{{Start: *id("range "+name, 165536), Count: 1}}}
		}
		d.Users = append(d.Users, u)
	}
	for _, name := range []string{"alice", "bob", "gone", "staff", "team"} {
		if !rarely("group " + name) {
			continue
		}
		g := users.Group{Name: name, Members: drawSubset(t, label+"members "+name, "alice", "bob", "ghost")}
		if rarely("gid of " + name) {
			g.GID, g.MigrateID = id("gid "+name, 3000), rapid.Bool().Draw(t, label+"migrate group "+name)
		}
		d.Groups = append(d.Groups, g)
	}
	return d
}
