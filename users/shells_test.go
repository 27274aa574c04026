package users_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// A pool of accounts with a shell that is not there is one warning.
func TestAMissingShellIsToldOnce(t *testing.T) {
	t.Parallel()
	h := open(t, tidy())
	var told []string
	for _, w := range h.diff(t, wants(
		users.User{Name: "a", Shell: "/bin/nosuch", Origin: "x.hcl:1"}, users.User{Name: "b", Shell: "/bin/nosuch"}, users.User{Name: "c", Shell: "/bin/nosuch"},
		users.User{Name: "d", Shell: "/bin/none"}, users.User{Name: "e"},
	)).Warnings {
		told = append(told, w.Error())
	}
	want := []string{"cannot find the shell /bin/none of user d on this host", "cannot find the shell /bin/nosuch of user a and 2 more on this host"}
	if len(told) != 2 || !strings.Contains(told[0], want[0]) || !strings.Contains(told[1], want[1]) || !strings.Contains(told[1], "x.hcl:1") {
		t.Errorf("got %q, want %q", told, want)
	}
}
