package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestAPasswordReturnsAfterARollback goes back to a generation that says nothing
// of the password: it stays, and goes when its account leaves.
func TestAPasswordReturnsAfterARollback(t *testing.T) {
	t.Parallel()
	for _, ours := range []string{"$6$ours", "*", "!"} {
		h := open(t, debian)
		before := h.tree(t)
		h.switchTo(t, wants(users.User{Name: "bob"}))
		first := h.last
		h.switchTo(t, wants(users.User{Name: "bob", HashedPassword: ours}))
		h.switchTo(t, first)
		h.last = first
		if got := h.read(t, "etc/shadow"); !strings.Contains(got, "bob:"+ours+":") {
			t.Errorf("the password changed by omission: %s", got)
		}
		h.returns(t, before)
	}
}

// TestAPasswordThatReturnedIsForgotten: what a run once set is somebody else's
// word when it is there again.
func TestAPasswordThatReturnedIsForgotten(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.switchTo(t, wants(users.User{Name: "bob", HashedPassword: "*"}))
	h.switchTo(t, users.Desired{})
	locked := strings.Replace(h.read(t, "etc/shadow"), "bob:$6$bobbobbob:", "bob:*:", 1)
	h.switchTo(t, wants(users.User{Name: "bob"}))
	h.write(t, "etc/shadow", locked)
	h.switchTo(t, users.Desired{})
	if got := h.read(t, "etc/shadow"); got != locked {
		t.Errorf("an administrator's lock was taken back: %s", got)
	}
}

// TestALineThatLeftComesBackToItsPlace undoes the return of an account that had
// no line in shadow(5) before us: ours is there again where it stood.
func TestALineThatLeftComesBackToItsPlace(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/shadow"] = strings.Replace(files["etc/shadow"], "bob:$6$bobbobbob:19001:0:99999:7:::\n", "", 1)
	h := open(t, files)
	h.switchTo(t, wants(users.User{Name: "bob", HashedPassword: "$6$ours", Expires: "2031-02-03"}))
	h.switchTo(t, wants(users.User{Name: "alice"}, users.User{Name: "bob", HashedPassword: "$6$ours", Expires: "2031-02-03"}))
	before := h.tree(t)
	s := h.subsystem(wants(users.User{Name: "alice"}))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("%s", diff)
	}
}

// TestAPasswordOfPasswdReturnsBesideALineOfShadow has the password in passwd(5),
// where it counts, and another one in shadow(5).
func TestAPasswordOfPasswdReturnsBesideALineOfShadow(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"$6$old", "*", ""} {
		files := maps.Clone(debian)
		files["etc/passwd"] = strings.Replace(files["etc/passwd"], "bob:x:", "bob:"+field+":", 1)
		h := open(t, files)
		before := h.tree(t)
		h.switchTo(t, wants(users.User{Name: "bob", HashedPassword: "$6$ours", Expires: "2031-02-03"}))
		if got := h.read(t, "etc/passwd") + h.read(t, "etc/shadow"); !strings.Contains(got, "bob:x:") || !strings.Contains(got, "bob:$6$ours:") {
			t.Errorf("%q: the password is not ours: %s", field, got)
		}
		h.returns(t, before)
	}
}
