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
