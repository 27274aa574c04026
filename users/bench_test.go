package users_test

import (
	"fmt"
	"testing"

	"github.com/activate-agent/activate/users"
)

// thousand is the work of the speed table: 1,000 users and 100 groups.
func thousand() users.Desired {
	var d users.Desired
	for i := range 100 {
		d.Groups = append(d.Groups, users.Group{Name: fmt.Sprintf("group%03d", i), System: true})
	}
	for i := range 1000 {
		d.Users = append(d.Users, users.User{Name: fmt.Sprintf("user%04d", i), System: false, Groups: []string{fmt.Sprintf("group%03d", i%100)}})
	}
	return d
}

func BenchmarkFirst(b *testing.B) {
	for b.Loop() {
		h := newHost(b, b.TempDir(), debian)
		h.switchTo(b, thousand())
		_ = h.root.Close()
	}
}

func BenchmarkAgain(b *testing.B) {
	h := newHost(b, b.TempDir(), debian)
	h.switchTo(b, thousand())
	for b.Loop() {
		if d := h.diff(b, thousand()); len(d.Changes) > 0 {
			b.Fatal("not converged")
		}
	}
}
