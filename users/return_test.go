package users_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
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
	h.returns(t, before)
}

// TestWhatAnOmissionGivesBackStandsWhereItStood has an attribute leave before
// its block does.
func TestWhatAnOmissionGivesBackStandsWhereItStood(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/gshadow"] = strings.Replace(files["etc/gshadow"], "staff:*::bob,root", "staff:*::root", 1)
	files["etc/shadow"] = strings.Replace(files["etc/shadow"], "bobbobbob:19001:0:99999:7:::", "bobbobbob:19001:0:99999:7::-1:", 1)
	h := open(t, files)
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "bob", ExclusiveGroups: true, Expires: "2030-01-01"}))
	h.switchTo(t, wants(users.User{Name: "bob"}))
	h.returns(t, before)
}

// TestAGroupGoesWithItsLastUser drops a group in the run that takes its users
// out of it.
func TestAGroupGoesWithItsLastUser(t *testing.T) {
	t.Parallel()
	team := []users.Group{{Name: "team"}}
	in := users.User{Name: "alice", Group: "team"}
	for name, step := range map[string]users.Desired{
		"another primary group":   wants(users.User{Name: "alice", Group: "staff"}),
		"its own group":           wants(users.User{Name: "alice", Group: "alice"}),
		"gone too":                {},
		"an account that returns": wants(),
	} {
		h := open(t, debian)
		before := h.tree(t)
		first := users.Desired{Groups: team, Users: []users.User{in}}
		if name == "an account that returns" {
			first.Users[0].Name = "bob"
		}
		if name == "its own group" {
			step.Groups = []users.Group{{Name: "alice"}}
		}
		h.switchTo(t, first)
		d := h.switchTo(t, step)
		if strings.Contains(h.read(t, "etc/group"), "team") || len(d.Problems) > 0 {
			t.Errorf("%s: the group stays: %v %v", name, d.Problems, d.Warnings)
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestALeavingGroupIsNoGroupToBeIn judges a configuration as it would be judged
// on a host where the group never was.
func TestALeavingGroupIsNoGroupToBeIn(t *testing.T) {
	t.Parallel()
	first := users.Desired{Groups: []users.Group{{Name: "team"}}, Users: []users.User{{Name: "alice"}, {Name: "carol"}}}
	for name, u := range map[string]users.User{
		"primary, of an account that is there": {Name: "alice", Group: "team"},
		"primary, of a new one":                {Name: "dave", Group: "team"},
		"one of several":                       {Name: "alice", Groups: []string{"team"}},
		"another's own":                        {Name: "alice", Groups: []string{"carol"}},
		"another's own, primary":               {Name: "alice", Group: "carol"},
	} {
		h := open(t, debian)
		h.switchTo(t, first)
		d := h.switchTo(t, wants(u))
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "there is no group") {
			t.Errorf("%s: %v, %v", name, d.Problems, d.Warnings)
		}
	}
}

// TestALockedAccountKeepsItsGroups locks one whose primary group leaves with it.
func TestALockedAccountKeepsItsGroups(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	none := h.tree(t)
	h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "team"}}, Users: []users.User{{Name: "alice", Group: "team", OnRemoval: "lock"}}})
	d := h.switchTo(t, users.Desired{})
	told := func(w plan.Problem) bool { return strings.Contains(w.Summary, "it is the primary group of alice") }
	if !strings.Contains(h.read(t, "etc/group"), "team:") || !slices.ContainsFunc(d.Warnings, told) {
		t.Errorf("%s, %v", h.read(t, "etc/group"), d.Warnings)
	}
	h.undo = true
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(none, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsManagedLaterReturnsToo adopts an account first, and manages its keys
// and its lingering afterwards.
func TestWhatIsManagedLaterReturnsToo(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["home/bob/.ssh/authorized_keys"] = "ssh-rsa AAAA his own"
	files["var/lib/systemd/linger/bob"] = ""
	for name, linger := range map[string]bool{"lingering as before": true, "no longer": false} {
		h := open(t, files)
		before := h.tree(t)
		h.switchTo(t, wants(users.User{Name: "bob"}))
		h.switchTo(t, wants(users.User{Name: "bob", Linger: &linger, AuthorizedKeys: []string{"ssh-ed25519 AAAA ours"}}))
		h.switchTo(t, wants(users.User{Name: "bob", Linger: &linger, AuthorizedKeys: []string{"ssh-ed25519 AAAA new"}}))
		if got := h.read(t, "home/bob/.ssh/authorized_keys"); got != "ssh-ed25519 AAAA new\n" {
			t.Errorf("%s: the keys are %q", name, got)
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAPrimaryGroupThatIsNoLongerSaid falls back to the own group, as if it had
// never been said.
func TestAPrimaryGroupThatIsNoLongerSaid(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		h := open(t, debian)
		before := h.tree(t)
		if own {
			h.switchTo(t, wants(users.User{Name: "alice"}))
		}
		h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "team"}}, Users: []users.User{{Name: "alice", Group: "team"}}})
		grouped := h.tree(t)
		s := h.subsystem(wants(users.User{Name: "alice"}))
		d := h.switchTo(t, wants(users.User{Name: "alice"}))
		if got := h.read(t, "etc/group"); strings.Contains(got, "team") || !strings.Contains(got, "\nalice:x:") {
			t.Errorf("%t: %s %v", own, got, d.Warnings)
		}
		if again := h.diff(t, wants(users.User{Name: "alice"})); len(again.Changes) > 0 {
			t.Errorf("%t: again: %v", own, again.Changes)
		}
		for _, step := range slices.Backward(batches(d.Changes)) {
			must(t, s.Apply(t.Context(), plan.Inverses(step)))
		}
		if diff := cmp.Diff(grouped, h.tree(t)); diff != "" {
			t.Errorf("%t: undone: %s", own, diff)
		}
		for _, step := range batches(d.Changes) {
			must(t, s.Apply(t.Context(), step))
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%t: %s", own, diff)
		}
	}
}

// TestAnOldPrimaryGroupThatIsGone cannot return.
func TestAnOldPrimaryGroupThatIsGone(t *testing.T) {
	t.Parallel()
	for name, desired := range map[string]users.Desired{"no longer said": wants(users.User{Name: "bob"}), "no longer there": {}} {
		h := open(t, debian)
		h.switchTo(t, wants(users.User{Name: "bob", Group: "staff"}))
		p := filepath.Join(h.dir, "etc/group")
		must(t, os.WriteFile(p, []byte(strings.Replace(h.read(t, "etc/group"), "bob:x:1000:\n", "", 1)), 0o644))
		d := h.switchTo(t, desired)
		told := func(w plan.Problem) bool { return strings.Contains(w.Summary, "its group bob of before is gone") }
		if !slices.ContainsFunc(d.Warnings, told) || !strings.Contains(h.read(t, "etc/passwd"), "bob:x:1000:50:") {
			t.Errorf("%s: %v %s", name, d.Warnings, h.read(t, "etc/passwd"))
		}
	}
}

// TestAMigratedIDReturnsThoughItIsNoLongerSaid migrates, leaves the id out, and
// then drops the block.
func TestAMigratedIDReturnsThoughItIsNoLongerSaid(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	must(t, os.MkdirAll(filepath.Join(h.dir, "home/bob"), 0o700))
	must(t, os.Chown(filepath.Join(h.dir, "home/bob"), 1000, 1000))
	before := h.tree(t)
	moved := func(d users.Desired) bool {
		h.switchTo(t, d)
		return strings.Contains(h.read(t, "etc/passwd"), "bob:x:2000:1000:") && strings.Contains(h.read(t, "etc/group"), "staff:x:2050:")
	}
	if !moved(users.Desired{
		Users:  []users.User{{Name: "bob", UID: new(users.ID(2000)), MigrateID: true}},
		Groups: []users.Group{{Name: "staff", GID: new(users.ID(2050)), MigrateID: true}},
	}) {
		t.Fatal("nothing was migrated")
	}
	if !moved(users.Desired{Users: []users.User{{Name: "bob"}}, Groups: []users.Group{{Name: "staff"}}}) {
		t.Error("an id changed by omission")
	}
	h.returns(t, before)
}

// TestNobodysHomeIsNotMade has a system account, which has no home, ask for one
// later.
func TestNobodysHomeIsNotMade(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/passwd"] += "carol:x:1005:1000::/nonexistent:/bin/sh\n"
	h := open(t, files)
	h.switchTo(t, wants(users.User{Name: "alice", System: true}))
	h.switchTo(t, wants(users.User{Name: "alice", System: true, CreateHome: true}))
	if got := h.read(t, "etc/passwd"); !strings.Contains(got, "::/home/alice:") {
		t.Error(got)
	}
	d := h.switchTo(t, wants(users.User{Name: "carol", CreateHome: true}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "its home is /nonexistent") {
		t.Errorf("%v", d.Problems)
	}
	if _, err := os.Lstat(filepath.Join(h.dir, "nonexistent")); err == nil {
		t.Error("/nonexistent was made")
	}
}

// TestAnOwnGroupThatBecomesABlockIsOursStill has a user leave its own group
// first, and the group get a block of its own afterwards.
func TestAnOwnGroupThatBecomesABlockIsOursStill(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "alice"}))
	h.switchTo(t, wants(users.User{Name: "alice", Group: "staff"}))
	h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "alice", Members: []string{"bob"}}}})
	h.returns(t, before)
}

// TestARootWithNothingInIt is that again, its /etc included.
func TestARootWithNothingInIt(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	must(t, os.Remove(h.dir+"/etc"))
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "ann", SubIDs: &users.SubIDs{Auto: true}}))
	if got := h.read(t, "etc/passwd"); got != "ann:x:1000:1000::/home/ann:/bin/sh\n" {
		t.Errorf("got %q", got)
	}
	h.returns(t, before)
}
