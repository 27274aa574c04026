package users_test

import (
	"errors"
	"fmt"
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

// TestAHomeThatAKillLeftIsEnded: it and the directory of its keys get the owner and
// the mode that they were to have, also below a directory with setgid.
func TestAHomeThatAKillLeftIsEnded(t *testing.T) {
	t.Parallel()
	for _, in := range []os.FileMode{0o755, 0o775 | os.ModeSetgid} {
		for _, mode := range []string{"0755", "0700", "2770"} {
			for _, at := range []string{"fchownat", "fchmodat"} {
				for _, dir := range []string{"/srv", "/srv/homes", "/srv/homes/ann", "/srv/homes/ann/.ssh"} {
					h := open(t, debian)
					if dir != "/srv" {
						must(t, os.Mkdir(filepath.Join(h.dir, "srv"), 0o755))
						must(t, os.Chown(filepath.Join(h.dir, "srv"), 0, 50))
						must(t, os.Chmod(filepath.Join(h.dir, "srv"), in))
					}
					desired := wants(users.User{
						Name: "ann", Home: "/srv/homes/ann", CreateHome: true, HomeMode: mode, AuthorizedKeys: []string{"ssh-ed25519 A"},
					})
					h.killedAt(t, desired, at, dir)
					if got, want := h.modes(t), map[string]string{
						"/srv/homes": "0:0 755", "/srv/homes/ann": "1002:1002 " + strings.TrimPrefix(mode, "0"), "/srv/homes/ann/.ssh": "1002:1002 700",
					}; !maps.Equal(got, want) {
						t.Errorf("killed before %s of %s (%v): %v, not %v", at, dir, in, got, want)
					}
				}
			}
		}
	}
}

// killedAt switches to desired by a run that ends with the operation on the path,
// and by one that goes on with it.
func (h *host) killedAt(t *testing.T, desired users.Desired, at, name string) {
	t.Helper()
	d := h.diff(t, desired)
	must(t, h.subsystem(desired).Save(t.Context(), d.Changes))
	type killed struct{}
	h.fault = func(op, p string) error {
		if op == at && p == h.dir+name {
			panic(killed{})
		}
		return nil
	}
	func() {
		defer func() {
			if _, ok := recover().(killed); !ok {
				t.Errorf("there is no %s of %s", at, name)
			}
		}()
		must(t, h.subsystem(desired).Apply(t.Context(), d.Changes))
	}()
	h.fault, h.resume = nil, true
	h.reopen(t)
	must(t, h.subsystem(desired).Apply(t.Context(), d.Changes))
}

// modes gives the owner and mode of each directory below /srv.
func (h *host) modes(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(filepath.Join(h.dir, "srv"), func(p string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() || p == filepath.Join(h.dir, "srv") {
			return err
		}
		i, err := h.root.Lstat(rootfs.Rel(strings.TrimPrefix(p, h.dir)))
		out[strings.TrimPrefix(p, h.dir)] = fmt.Sprintf("%d:%d %o", i.UID, i.GID, i.Mode)
		return err
	}))
	return out
}
