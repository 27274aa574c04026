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
