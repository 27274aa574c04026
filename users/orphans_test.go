package users_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/users"
)

// TestALineOfADepartedAccountReturnsBehindNIS has one stand behind what ends the
// file for compat mode, where no account of ours is put.
func TestALineOfADepartedAccountReturnsBehindNIS(t *testing.T) {
	t.Parallel()
	nis := map[string]string{
		"etc/shadow":  "+::::::::\ncarol:$6$old:18000:0:99999:7:::\n",
		"etc/gshadow": "+:::\ncarol:!:root:root\n",
		"etc/subuid":  "+\ncarol:300000:65536\n",
	}
	files := maps.Clone(debian)
	for name, lines := range nis {
		files[name] += lines
	}
	h := open(t, files)
	before := h.tree(t)
	carol, alice := users.User{Name: "carol", SubIDs: &users.SubIDs{Auto: true}}, users.User{Name: "alice", SubIDs: &users.SubIDs{Auto: true}}
	h.switchTo(t, wants(carol))
	h.switchTo(t, wants(carol, alice))
	h.switchTo(t, wants(alice))
	for name, lines := range nis {
		if !strings.HasSuffix(h.read(t, name), lines) {
			t.Errorf("%s: %q", name, h.read(t, name))
		}
	}
	h.returns(t, before)
}

// drawOrphans draws a file with lines of accounts that are not there, among what
// else such files have.
func drawOrphans(t *rapid.T, name, known, orphan string) string {
	var b strings.Builder
	b.WriteString(known)
	for i := range rapid.IntRange(0, 7).Draw(t, name+" lines") {
		switch kind := rapid.SampledFrom([]string{"alice", "carol", "dave", "+", "#", "", "eve"}).Draw(t, fmt.Sprint(name, " line ", i)); kind {
		case "+", "#", "":
			b.WriteString(kind + "\n")
		default:
			b.WriteString(kind + orphan + "\n")
		}
	}
	return b.String()
}

// TestLinesOfDepartedAccountsReturn has accounts of their names come and go in
// any order.
func TestLinesOfDepartedAccountsReturn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		files := maps.Clone(debian)
		files["etc/shadow"] = drawOrphans(t, "shadow", files["etc/shadow"], ":!:1:2:3:4:5:6:7")
		files["etc/gshadow"] = drawOrphans(t, "gshadow", files["etc/gshadow"], ":!::bob")
		files["etc/subuid"] = drawOrphans(t, "subuid", files["etc/subuid"], ":400000:65536")
		withFiles(t, files, func(h *host) {
			before := accounts(h, t)
			for i := range rapid.IntRange(1, 4).Draw(t, "runs") {
				var d users.Desired
				for _, name := range drawSubset(t, fmt.Sprint("run ", i), "alice", "carol", "dave") {
					d.Users = append(d.Users, users.User{Name: name, OnRemoval: "delete"})
				}
				if diff := h.switchTo(t, d); len(diff.Problems) > 0 {
					t.Fatalf("run %d: %v", i, diff.Problems)
				}
			}
			h.switchTo(t, users.Desired{})
			if diff := cmp.Diff(before, accounts(h, t)); diff != "" {
				t.Fatalf("%s", diff)
			}
		})
	})
}
