package users_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestNewAccountInheritsNothing makes an account whose name an account had that
// is gone from passwd(5) only. What it left returns when ours leaves.
func TestNewAccountInheritsNothing(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/shadow"] = "gone:$6$salt$old:18000::::5::\n" + files["etc/shadow"] + "gone:$6$salt$older:18000::::::\n"
	files["etc/group"] = "club:x:1500:bob,gone\n" + files["etc/group"]
	files["etc/subuid"] = "gone:500000:10\n"
	files["var/lib/systemd/linger/gone"] = ""
	off := false
	for name, u := range map[string]users.User{
		"nothing said":        {Name: "gone"},
		"groups":              {Name: "gone", Groups: []string{"club"}},
		"no groups":           {Name: "gone", ExclusiveGroups: true},
		"no groups, later":    {Name: "gone", ExclusiveGroups: true},
		"password, lingering": {Name: "gone", HashedPassword: "$6$salt$ours", Linger: &off, SubIDs: &users.SubIDs{Auto: true}},
	} {
		h := open(t, files)
		before := h.tree(t)
		if name == "no groups, later" {
			h.switchTo(t, wants(users.User{Name: "gone"}))
		}
		h.switchTo(t, wants(u))
		if shadow := h.read(t, "etc/shadow"); strings.Contains(shadow, "$old") {
			t.Errorf("%s: the old password is still there: %s", name, shadow)
		}
		if again := h.diff(t, wants(u)); len(again.Changes)+len(again.Problems) > 0 {
			t.Errorf("%s: again: %v", name, describe(again))
		}
		if _, err := os.Lstat(h.dir + "/var/lib/systemd/linger/gone"); (err == nil) != (u.Linger == nil) {
			t.Errorf("%s: lingering: %v", name, err)
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestEqualLinesReturn has each line of a departed account and group twice, to
// the byte.
func TestEqualLinesReturn(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/shadow"] = "gone:$6$salt$old:18000::::5::\n" + files["etc/shadow"] + "gone:$6$salt$old:18000::::5::\n"
	files["etc/gshadow"] = "gone:$6$salt$old:eve:\ngone:$6$salt$old:eve:\n" + files["etc/gshadow"]
	files["etc/subuid"] = "gone:500000:10\ngone:500000:10\n" + files["etc/subuid"]
	desired := wants(users.User{Name: "gone", SubIDs: &users.SubIDs{Auto: true}})
	h := open(t, files)
	before := h.tree(t)
	h.switchTo(t, desired)
	if got := h.read(t, "etc/shadow") + h.read(t, "etc/gshadow"); strings.Contains(got, "$old") {
		t.Error(got)
	}
	h.returns(t, before)
	failsInTurnFrom(t, files, desired, func(h *host) bool { return !strings.Contains(h.read(t, "etc/shadow"), "$old") })
}

// TestRemovalIsTakenBackWithLingering: what was left to an account of the
// lingering of a departed one is there again when its removal is undone.
func TestRemovalIsTakenBackWithLingering(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	must(t, os.MkdirAll(filepath.Join(h.dir, "var/lib/systemd/linger"), 0o755))
	h.write(t, "var/lib/systemd/linger/alice", "")
	h.switchTo(t, wants(users.User{Name: "alice"}))
	before := h.tree(t)
	s := h.subsystem(users.Desired{})
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	// Each half of it, too: a run may be cut off before the first change.
	for _, changes := range [][]plan.Change{plan.Inverses(d.Changes), d.Changes, plan.Inverses(d.Changes)} {
		must(t, s.Apply(t.Context(), changes))
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("%s", diff)
	}
}

// TestLingeringReturnsAfterALock: a lock ends the lingering, and the end of the
// locked account gives that of the departed one back.
func TestLingeringReturnsAfterALock(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	must(t, os.MkdirAll(filepath.Join(h.dir, "var/lib/systemd/linger"), 0o755))
	must(t, os.WriteFile(filepath.Join(h.dir, "var/lib/systemd/linger/alice"), nil, 0o644))
	before := h.tree(t)
	on := true
	h.switchTo(t, wants(users.User{Name: "alice", Linger: &on, OnRemoval: "lock"}))
	h.switchTo(t, users.Desired{})
	if _, err := os.Lstat(filepath.Join(h.dir, "var/lib/systemd/linger/alice")); err == nil {
		t.Error("a locked account lingers")
	}
	h.undo = true
	h.returns(t, before)
}

// TestSubIDsThatReturnAreNobodyElses: the sub-ids that a departed account left are not
// chosen for another one while an account of ours has the name, nor when it leaves.
func TestSubIDsThatReturnAreNobodyElses(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/subuid"] += "gone:165536:65536\n"
	bee := users.User{Name: "bee", SubIDs: &users.SubIDs{Auto: true}}
	for name, steps := range map[string][]users.Desired{
		"when it leaves":      {wants(users.User{Name: "gone"}), wants(bee)},
		"before it leaves":    {wants(users.User{Name: "gone"}), wants(users.User{Name: "gone"}, bee), wants(bee)},
		"with it":             {wants(users.User{Name: "gone"}, bee), wants(bee)},
		"whatever it has now": {wants(users.User{Name: "gone", SubIDs: &users.SubIDs{Auto: true}}), wants(bee)},
	} {
		h := open(t, files)
		for _, step := range steps {
			h.switchTo(t, step)
			if again := h.diff(t, step); len(again.Changes)+len(again.Problems) > 0 {
				t.Errorf("%s: again: %v %v", name, describe(again), again.Problems)
			}
		}
		if got := h.read(t, "etc/subuid"); !strings.Contains(got, "gone:165536:65536\n") || strings.Contains(got, "bee:165536:") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
