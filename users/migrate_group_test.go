package users_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

func gidOf(t *testing.T, h *host, name string) uint32 {
	t.Helper()
	info, err := os.Lstat(filepath.Join(h.dir, name))
	must(t, err)
	return info.Sys().(*syscall.Stat_t).Gid
}

func migratedGroup() users.Desired {
	return users.Desired{Groups: []users.Group{{Name: "bob", GID: new(users.ID(1500)), MigrateID: true, Members: []string{"root"}}}}
}

// TestMigrateGroup: the accounts of a group and their homes go with it to its
// new gid, and come back when it leaves.
func TestMigrateGroup(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	homeOfBob(t, h)
	must(t, os.Lchown(filepath.Join(h.dir, "home/bob/foreign"), 1, 1))
	must(t, os.Chmod(filepath.Join(h.dir, "home/bob/setuid"), 0o755|os.ModeSetgid))
	before := h.tree(t)
	d := h.switchTo(t, migratedGroup())
	if len(d.Problems) > 0 || len(d.Changes) != 1 || !strings.Contains(d.Changes[0].Reason, "gid") {
		t.Fatalf("%+v", d)
	}
	for name, want := range map[string]uint32{
		"home/bob": 1500, "home/bob/dir/file": 1500, "home/bob/link": 1500, "home/bob/setuid": 1500,
		"home/bob/foreign": 1, "etc/passwd": 0,
	} {
		if got := gidOf(t, h, name); got != want {
			t.Errorf("%s has the gid %d, want %d", name, got, want)
		}
	}
	if info, err := os.Stat(filepath.Join(h.dir, "home/bob/setuid")); err != nil || info.Mode()&os.ModeSetgid == 0 {
		t.Errorf("the setgid bit is gone: %v %v", info.Mode(), err)
	}
	if !strings.Contains(h.read(t, "etc/passwd"), "bob:x:1000:1500:") || !strings.Contains(h.read(t, "etc/group"), "bob:x:1500:") {
		t.Error("the account files have not the new gid")
	}
	if d := h.diff(t, migratedGroup()); len(d.Changes) > 0 {
		t.Errorf("a second run would change %+v", d.Changes)
	}
	taken := migratedGroup()
	taken.Groups = append(taken.Groups, users.Group{Name: "carol", GID: new(users.ID(1000))})
	if d := h.diff(t, taken); len(d.Problems) != 1 {
		t.Errorf("the former gid is free for another: %+v", d)
	}
	h.switchTo(t, users.Desired{})
	if after := h.tree(t); after != before {
		t.Errorf("after the group left the configuration:\n%s\nwant\n%s", after, before)
	}
}

// TestMigrateGroupOfAUserElsewhere: where a user comes back from another primary
// group in the same plan, its home goes with the group, too, and all of it returns.
func TestMigrateGroupOfAUserElsewhere(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	homeOfBob(t, h)
	before := h.tree(t)
	elsewhere := wants(users.User{Name: "bob", Group: "daemon"})
	h.switchTo(t, elsewhere)
	h.switchTo(t, migratedGroup())
	if got := gidOf(t, h, "home/bob/dir/file"); got != 1500 || !strings.Contains(h.read(t, "etc/passwd"), "bob:x:1000:1500:") {
		t.Errorf("a file has the gid %d, and bob is\n%s", got, h.read(t, "etc/passwd"))
	}
	h.switchTo(t, elsewhere)
	if got := idOfGroup(t, h, "bob"); got != "1000" || gidOf(t, h, "home/bob/dir/file") != 1000 {
		t.Errorf("the gid did not return: %s", got)
	}
	h.switchTo(t, users.Desired{})
	if after := h.tree(t); after != before {
		t.Errorf("after all left the configuration:\n%s\nwant\n%s", after, before)
	}
}

func TestMigrateGroupFails(t *testing.T) {
	t.Parallel()
	failsInTurn(t, migratedGroup(), func(h *host) bool {
		return gidOf(t, h, "home/bob/dir/file") == 1500 && strings.Contains(h.read(t, "etc/passwd"), "bob:x:1000:1500:")
	})
}

func TestMigrateGroupIsRefused(t *testing.T) {
	t.Parallel()
	refuses(t, migratedGroup(), map[string]refusal{
		"a file of the new gid in a home": {func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Lchown(filepath.Join(dir, "home/bob/foreign"), 1000, 1500))
		}, "has the gid 1500 already"},
		"somebody's gid":            {appends("etc/group", "eve:x:1500:\n"), "the gid 1500 is eve's"},
		"somebody's without a name": {appends("etc/passwd", "eve:x:1777:1500::/:/bin/sh\n"), "the primary group of eve has the gid 1500 already"},
	})
}

// TestMigrateSharedGroup: of two groups with one gid nobody can tell whose the
// accounts and files are, and the way back would not be free.
func TestMigrateSharedGroup(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	must(t, os.WriteFile(filepath.Join(h.dir, "etc/group"), []byte(h.read(t, "etc/group")+"twin:x:1000:\n"), 0o644))
	d := h.diff(t, migratedGroup())
	if len(d.Changes) > 0 || len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "group twin has the gid 1000 too") {
		t.Errorf("%+v", d)
	}
}

// TestARemovalAfterAMigrationIsTakenBack stops between the files of a removal,
// of a user whose primary group got another gid before it in the same run.
func TestARemovalAfterAMigrationIsTakenBack(t *testing.T) {
	t.Parallel()
	group := func(gid users.ID) users.Desired {
		return users.Desired{Groups: []users.Group{{Name: "ann", GID: &gid, MigrateID: true}}}
	}
	both := group(1500)
	both.Users = []users.User{{Name: "ann", Groups: []string{"sudo"}}}
	for k := 1; ; k++ {
		h := open(t, debian)
		h.switchTo(t, both)
		before := h.tree(t)
		s := h.subsystem(group(1600))
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		steps := batches(d.Changes)
		must(t, s.Apply(t.Context(), steps[0]))
		broken := h.failAt(k, func() error { return s.Apply(t.Context(), steps[2]) })
		must(t, s.Apply(t.Context(), plan.Inverses(steps[2])))
		must(t, s.Apply(t.Context(), plan.Inverses(steps[0])))
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Fatalf("%d: %s", k, diff)
		}
		if broken == nil {
			return
		}
	}
}
