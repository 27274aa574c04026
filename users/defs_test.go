package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestRangesOfLoginDefs has what login.defs(5) may say, and what becomes of a
// new user and of a new system user.
func TestRangesOfLoginDefs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text            string
		person, service string
	}{
		"nothing":                      {"", "1002", "999"},
		"decimal, octal, hex":          {"UID_MIN 0x7d0\nGID_MIN 03720\nSYS_UID_MAX\t0500\n", "2000", "320"},
		"quotes, comments, rubbish":    {"UID_MIN \"3000\"\n#UID_MIN 4000\n UID_MIN\n UID_MIN 5_000\nUID_MIN x\n", "3000", "999"},
		"the last one counts":          {"UID_MIN 3000\nUID_MIN 4000\n", "4000", "999"},
		"system ids below people's":    {"UID_MIN 500\nGID_MIN 500\n", "500", "499"},
		"the first above the last":     {"UID_MIN 70000\nUID_MAX 60000\n", "UID_MIN is 70000 and UID_MAX is 60000", "999"},
		"the first above the default":  {"UID_MIN 70000\n", "UID_MIN is 70000 and UID_MAX is 59999", "999"},
		"system ids above the default": {"SYS_UID_MIN 1200\n", "1002", "SYS_UID_MIN is 1200 and SYS_UID_MAX is 999"},
		"none left":                    {"UID_MIN 1000\nUID_MAX 1001\n", "no id is free from 1000 to 1001 (UID_MIN and UID_MAX in /etc/login.defs)", "999"},
		"nobody is nobody":             {"UID_MIN 65534\nUID_MAX 65536\n", "65536", "999"},
	} {
		files := maps.Clone(debian)
		files["etc/login.defs"] = c.text
		h := open(t, files)
		for _, u := range []struct {
			users.User
			want string
		}{{users.User{Name: "ann"}, c.person}, {users.User{Name: "srv", System: true}, c.service}} {
			d := h.diff(t, wants(u.User))
			if len(d.Problems) == 1 {
				if p := d.Problems[0]; !strings.Contains(p.Summary, u.want) || p.Advice == "" {
					t.Errorf("%s: %v, not %q", name, p, u.want)
				}
				continue
			}
			if len(d.Problems) > 0 || len(d.Changes) != 1 {
				t.Errorf("%s: %v", name, describe(d))
				continue
			}
			st, err := plan.Decode[users.UserState](d.Changes[0].After)
			must(t, err)
			if st.UID.String() != u.want {
				t.Errorf("%s: %s has the uid %s, not %s", name, u.Name, st.UID, u.want)
			}
		}
	}
}

// TestSubordinateIDsAreInBothRanges has what login.defs(5) may say of them, and what
// a user gets in subuid(5) and subgid(5).
func TestSubordinateIDsAreInBothRanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                 {"", "100000:65536"},
		"of uids":                 {"SUB_UID_MIN 200000\n", "200000:65536"},
		"of gids":                 {"SUB_GID_MIN 300000\n", "300000:65536"},
		"of both":                 {"SUB_UID_MIN 200000\nSUB_GID_MIN 300000\n", "300000:65536"},
		"a number of uids":        {"SUB_UID_COUNT 1000\n", "100000:1000"},
		"a number of gids":        {"SUB_GID_COUNT 2000\n", "100000:2000"},
		"two numbers":             {"SUB_UID_COUNT 1000\nSUB_GID_COUNT 2000\n", "100000:2000"},
		"apart":                   {"SUB_UID_MIN 500000\nSUB_GID_MAX 400000\n", "SUB_UID_MIN is 500000 and SUB_GID_MAX is 400000"},
		"no room in what is both": {"SUB_GID_MIN 500000\nSUB_UID_MAX 500010\n", "SUB_GID_MIN and SUB_UID_MAX in /etc/login.defs"},
	} {
		files := maps.Clone(debian)
		files["etc/login.defs"] = c.text
		delete(files, "etc/subuid")
		delete(files, "etc/subgid")
		h := open(t, files)
		want := wants(users.User{Name: "ann", SubIDs: &users.SubIDs{Auto: true}})
		if d := h.diff(t, want); len(d.Problems) > 0 {
			if p := d.Problems[0]; !strings.Contains(p.Summary, c.want) {
				t.Errorf("%s: %v, not %q", name, p, c.want)
			}
			continue
		}
		h.switchTo(t, want)
		for _, file := range []string{"etc/subuid", "etc/subgid"} {
			if got := h.read(t, file); got != "ann:"+c.want+"\n" {
				t.Errorf("%s: %s is %q, not %s", name, file, got, c.want)
			}
		}
	}
}
