package users_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

// TestTwoUsersOfOneHome are judged by the first plan as by all later ones.
func TestTwoUsersOfOneHome(t *testing.T) {
	t.Parallel()
	user := func(name, home string, keys ...string) users.User {
		return users.User{Name: name, Home: home, CreateHome: true, AuthorizedKeys: keys}
	}
	for name, c := range map[string]struct {
		desired users.Desired
		want    string
	}{
		"the keys of the one who does not make it": {
			wants(user("amy", "/srv/both"), user("ben", "/srv/both", "ssh-ed25519 A")),
			"cannot make user ben: its authorized_keys have no safe place: the home /srv/both is made for user amy",
		},
		"the keys of the one who makes it": {wants(user("amy", "/srv/both", "ssh-ed25519 A"), user("ben", "/srv/both")), ""},
		"no keys":                          {wants(user("amy", "/srv/both"), user("ben", "/srv/both")), ""},
		"one above the other": {
			wants(user("amy", "/srv/both"), user("ben", "/srv/both/ben")),
			"cannot make user ben: its home /srv/both/ben has no safe place: /srv/both is made for user amy",
		},
		"one below the other": {
			wants(user("amy", "/srv/both/amy"), user("ben", "/srv/both")),
			"cannot make user ben: its home /srv/both is above /srv/both/amy, the home of user amy",
		},
	} {
		h := open(t, debian)
		before := h.tree(t)
		d := h.switchTo(t, c.desired)
		if c.want != "" {
			if len(d.Problems) != 1 || strings.ReplaceAll(d.Problems[0].Summary, h.dir, "") != c.want {
				t.Errorf("%s: %v, not %q", name, d.Problems, c.want)
			}
			continue
		}
		if again := h.diff(t, c.desired); len(d.Problems)+len(again.Changes)+len(again.Problems) > 0 {
			t.Errorf("%s: %v, then %v", name, d.Problems, describe(again))
		}
		_ = os.RemoveAll(filepath.Join(h.dir, "srv"))
		h.returns(t, before)
	}
}

// TestAHomeHasASafePlace finds who could put another directory in the place of
// a home that is made.
func TestAHomeHasASafePlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		owner int
		mode  os.FileMode
		want  string
	}{
		"root's":                      {0, 0o755, ""},
		"root's, for a group":         {0, 0o775, ""},
		"root's, for all":             {0, 0o777, "/srv/homes may be written by everybody (mode 0777)"},
		"root's, for all, but sticky": {0, 0o777 | os.ModeSticky, ""},
		"the user's own":              {4000, 0o755, ""},
		"somebody's":                  {1000, 0o755, "/srv/homes belongs to user bob"},
		"somebody's, sticky":          {1000, 0o777 | os.ModeSticky, "/srv/homes belongs to user bob"},
		"nobody knows whose":          {5555, 0o755, "/srv/homes belongs to the uid 5555"},
	} {
		for _, at := range []string{"srv/homes/alice", "srv/homes/root/alice", "link/alice"} {
			h := open(t, maps.Clone(debian))
			homes := filepath.Join(h.dir, "srv/homes")
			must(t, os.MkdirAll(filepath.Join(homes, "root"), 0o755))
			must(t, os.Symlink("/srv/homes/root", filepath.Join(h.dir, "link")))
			must(t, os.Chown(homes, c.owner, c.owner))
			must(t, os.Chmod(homes, c.mode))
			d := h.diff(t, wants(users.User{Name: "alice", UID: new(users.ID(4000)), Home: "/" + at, CreateHome: true}))
			switch {
			case c.want == "" && len(d.Problems) > 0:
				t.Errorf("%s, %s: %v", name, at, d.Problems)
			case c.want != "" && (len(d.Problems) != 1 || !strings.HasSuffix(strings.ReplaceAll(d.Problems[0].Summary, h.dir, ""), "has no safe place: "+c.want) || d.Problems[0].Advice == ""):
				t.Errorf("%s, %s: %v, not %q", name, at, d.Problems, c.want)
			}
		}
	}
}

// TestAHomeThatSomebodyMadeMeanwhile is no home to use.
func TestAHomeThatSomebodyMadeMeanwhile(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(home string) error{
		"a directory": func(home string) error {
			return errors.Join(os.Mkdir(home, 0o755), os.Chown(home, 5555, 5555))
		},
		"a link": func(home string) error { return os.Symlink("/root", home) },
	} {
		h := open(t, debian)
		must(t, os.Mkdir(filepath.Join(h.dir, "home"), 0o755))
		s := h.subsystem(wants(users.User{Name: "alice", CreateHome: true}))
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		must(t, meanwhile(filepath.Join(h.dir, "home/alice")))
		if err := s.Apply(t.Context(), d.Changes); !errors.Is(err, rootfs.ErrChanged) || !strings.Contains(err.Error(), "home/alice") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
