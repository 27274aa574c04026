package users_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// ldap answers as getent(1) does with a directory behind it.
func ldap(entries ...string) func(string, []string) ([]byte, error) {
	return func(database string, keys []string) ([]byte, error) {
		var out strings.Builder
		for _, e := range entries {
			f := strings.Split(e, ":")
			if f[0] != database {
				continue
			}
			for _, k := range keys {
				if k == f[1] || k == f[3] {
					out.WriteString(strings.TrimPrefix(e, database+":") + "\n")
				}
			}
		}
		return []byte(out.String()), nil
	}
}

func TestIdsOfOtherSources(t *testing.T) {
	t.Parallel()
	h := open(t, tidy())
	h.lookup = ldap("passwd:lena:x:1002:1002::/:/bin/sh", "passwd:mia:x:1003:1003::/:/bin/sh", "group:lab:x:3000:")
	d := h.switchTo(t, wants(users.User{Name: "alice"}))
	if len(d.Problems) > 0 || !strings.Contains(h.read(t, "etc/passwd"), "\nalice:x:1004:") {
		t.Errorf("a chosen id that others have: %v\n%s", d.Problems, h.read(t, "etc/passwd"))
	}
	for want, desired := range map[string]users.Desired{
		"another source of accounts has a user of that name": wants(users.User{Name: "lena"}),
		"the uid 1003 is mia's in another source":            wants(users.User{Name: "dora", UID: new(users.ID(1003))}),
		"another source of accounts has the group lab with":  {Groups: []users.Group{{Name: "lab"}}},
		"has the group lab with that name or the gid 3000":   {Groups: []users.Group{{Name: "web", GID: new(users.ID(3000))}}},
	} {
		d := h.diff(t, desired)
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), want) {
			t.Errorf("problems %v, want %q", d.Problems, want)
		}
	}
}

func TestSourcesThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	h := open(t, tidy())
	h.lookup = func(string, []string) ([]byte, error) { return nil, errors.New("no answer in 3s") }
	d := h.diff(t, wants(users.User{Name: "alice"}))
	if len(d.Problems) > 0 || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Error(), "no answer in 3s") {
		t.Errorf("problems %v, warnings %v", d.Problems, d.Warnings)
	}
}

// TestGroupIdsOfOtherSources has a directory with the gids that the next group,
// and the own group of the next user, would get: who had one could use the files
// of the directory's group.
func TestGroupIdsOfOtherSources(t *testing.T) {
	t.Parallel()
	h := open(t, tidy())
	h.lookup = ldap("group:lab:x:1002:", "group:crew:x:1003:", "group:alice2:x:4000:", "group:sys:x:999:")
	d := h.switchTo(t, users.Desired{
		Users:  []users.User{{Name: "alice"}, {Name: "dora", UID: new(users.ID(1003))}},
		Groups: []users.Group{{Name: "team"}, {Name: "daemons", System: true}},
	})
	group, passwd := h.read(t, "etc/group"), h.read(t, "etc/passwd")
	for _, gid := range []string{":1002:", ":1003:", ":999:"} {
		if strings.Contains(group, gid) {
			t.Errorf("a gid of another source was given: %v\n%s%s", d.Problems, group, passwd)
		}
	}
	for _, line := range []string{"\nalice:", "\ndora:", "\nteam:", "\ndaemons:"} {
		if !strings.Contains(group, line) {
			t.Errorf("no group %q: %v\n%s", line, d.Problems, group)
		}
	}
	d = h.diff(t, wants(users.User{Name: "alice2"}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), "another source of accounts has the group alice2") {
		t.Errorf("problems %v", d.Problems)
	}
}
