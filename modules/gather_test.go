package modules_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/modules"
	"github.com/activate-agent/activate/users"
)

// manyUsers is one user a line, of whom every third needs the evaluator: for
// another block, a function, or a second definition elsewhere.
func manyUsers(n int, more string) string {
	var b strings.Builder
	for i := range n {
		description := []string{`"plain"`, `"like ${user.u0000.home}"`, `upper("called")`}[i%3]
		fmt.Fprintf(&b, "user \"u%04d\" {\n  uid = %d\n  description = %s\n  home = \"/home/u%04d\"\n  %s\n}\n", i, 20000+i, description, i, more)
	}
	return b.String() + "user \"u0003\" {\n  shell = \"/bin/dash\"\n}\n"
}

// Plain blocks are read at once and the others after them; the result is that of
// reading one after the other.
func TestBlocksReadAtOnce(t *testing.T) {
	t.Parallel()
	const n = 300
	s, problems := loadText(t, manyUsers(n, ""))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(s.Users.Users) != n {
		t.Fatalf("%d users, want %d", len(s.Users.Users), n)
	}
	for i, got := range s.Users.Users {
		uid := users.ID(20000 + i)
		want := users.User{
			Name: fmt.Sprintf("u%04d", i), UID: &uid, Description: []string{"plain", "like /home/u0000", "CALLED"}[i%3],
			Home: fmt.Sprintf("/home/u%04d", i), HomeMode: got.HomeMode, OnRemoval: got.OnRemoval, Origin: fmt.Sprintf("main.hcl:%d", 1+6*i),
		}
		if i == 3 {
			want.Shell = "/bin/dash"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestFindingsOfBlocksReadAtOnce(t *testing.T) {
	t.Parallel()
	const n = 300
	path := filepath.Join(t.TempDir(), "main.hcl")
	writeFile(t, path, []byte(manyUsers(n, `expires = "never"`)))
	c, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	_, diags = c.System()
	if len(diags) != n {
		t.Fatalf("%d findings, want one for each of %d users", len(diags), n)
	}
	for i, d := range diags {
		if d.Summary != "Invalid value for expires" || d.Range.Start.Line != 5+6*i {
			t.Fatalf("finding %d is %q at line %d", i, d.Summary, d.Range.Start.Line)
		}
	}
}

// One secret in a plain block makes the record of all a secret.
func TestSecretAmongBlocksReadAtOnce(t *testing.T) {
	t.Parallel()
	const hash = "$6$abcdefgh$Pj4S8ShXZyQvS8zPiXzzhKdFxsRtCYvbNmSWSVnPTRSOHb.RYVCVqSgDyuKPU7WIu2WTmmZ8GpLcSGhNRTWsO1"
	for more, sensitive := range map[string]bool{"": false, "hashed_password = \"" + hash + "\"": true} {
		s, problems := loadText(t, manyUsers(200, "")+"user \"zlast\" {\n  "+more+"\n}\n")
		if s == nil || s.Sensitive != sensitive {
			t.Errorf("with %q it is wrong that the record tells secrets, or there are problems: %v", more, problems)
		}
	}
}
