package users_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

// TestWhatCameSinceThePlan is written between the plan and its application, as
// by useradd, groupadd or an editor.
func TestWhatCameSinceThePlan(t *testing.T) {
	t.Parallel()
	desired := users.Desired{Groups: []users.Group{{Name: "crew"}, {Name: "sys", System: true}}, Users: []users.User{{Name: "ann"}}}
	for name, c := range map[string]struct {
		file, line string
		// want are lines that are there then; none where the plan is refused.
		want []string
	}{
		"a group with the gid":                {"etc/group", "zed:x:1002:\n", []string{"crew:x:1003:", "ann:x:1004:1004:"}},
		"a group with the gid, and of system": {"etc/group", "zed:x:999:\n", []string{"crew:x:1002:", "sys:x:998:"}},
		"a user with the uid":                 {"etc/passwd", "zed:x:1003:50::/:/bin/sh\n", []string{"ann:x:1004:"}},
		"a password of that name":             {"etc/shadow", "ann:$6$zed:19001::::::\n", nil},
		"a user of that name":                 {"etc/passwd", "ann:x:1777:50::/:/bin/sh\n", nil},
	} {
		h := open(t, debian)
		s := h.subsystem(desired)
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		h.write(t, c.file, c.line+debian[c.file])
		before := h.tree(t)
		err = s.Apply(t.Context(), d.Changes)
		if c.want == nil {
			if !errors.Is(err, rootfs.ErrChanged) {
				t.Errorf("%s: %v", name, err)
			}
			if after := strings.Replace(h.tree(t), "/etc/.pwd.lock 100600 0:0\n[\"\"]\n", "", 1); after != before {
				t.Errorf("%s: %s", name, after)
			}
			continue
		}
		must(t, err)
		for _, want := range c.want {
			if got := h.read(t, "etc/passwd") + h.read(t, "etc/group"); !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", name, want, got)
			}
		}
	}
}

// A file that has its size and time still is read nevertheless.
func TestWhatCameSinceThePlanUnseen(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.write(t, "etc/group", "zed:x:1009:\n"+debian["etc/group"])
	at := time.Unix(1, 0)
	must(t, os.Chtimes(filepath.Join(h.dir, "etc/group"), at, at))
	s := h.subsystem(users.Desired{Groups: []users.Group{{Name: "crew"}}})
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	h.write(t, "etc/group", "zed:x:1002:\n"+debian["etc/group"])
	must(t, os.Chtimes(filepath.Join(h.dir, "etc/group"), at, at))
	must(t, s.Apply(t.Context(), d.Changes))
	if got := h.read(t, "etc/group"); !strings.Contains(got, "zed:x:1002:\n") || !strings.Contains(got, "crew:x:1003:\n") {
		t.Error(got)
	}
}

// An editor that asks for no lock is not overwritten, also not one that saves
// while the new file is written and flushed.
func TestWhatComesUnderTheLock(t *testing.T) {
	t.Parallel()
	for at, file := range map[string]string{"rename": "ids.json", "open": "etc/group", "fsync": "etc/group"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			comesUnderTheLock(t, at, file)
		})
	}
}

func comesUnderTheLock(t *testing.T, at, file string) {
	t.Helper()
	h := open(t, debian)
	s := h.subsystem(users.Desired{Groups: []users.Group{{Name: "crew"}}})
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	edited := "zed:x:1009:\n" + debian["etc/group"]
	h.fault = func(op, name string) error {
		if op == at && strings.HasSuffix(name, file) {
			h.write(t, "etc/group", edited)
		}
		return nil
	}
	if err := s.Apply(t.Context(), d.Changes); !errors.Is(err, rootfs.ErrChanged) || !strings.Contains(err.Error(), "etc/group") {
		t.Errorf("%v", err)
	}
	if got := h.read(t, "etc/group"); got != edited {
		t.Error(got)
	}
}
