package users_test

import (
	"strings"
	"testing"

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
