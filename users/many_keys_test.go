package users_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// keyed are so many users with keys that those are written together.
func keyed(n int) users.Desired {
	var d users.Desired
	for i := range n {
		d.Users = append(d.Users, users.User{
			Name: fmt.Sprintf("user%d", i), CreateHome: true, AuthorizedKeys: []string{fmt.Sprintf("ssh-ed25519 AAAA %d", i)},
		})
	}
	return d
}

// TestManyKeysAreFlushedTogether: none has its name before all are on disk.
func TestManyKeysAreFlushedTogether(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	var calls []string
	h.fault = func(op, name string) error {
		if op == "syncfs" || strings.HasSuffix(name, "/authorized_keys") {
			calls = append(calls, op)
		}
		return nil
	}
	s := h.subsystem(keyed(20))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	calls = nil
	must(t, s.Apply(t.Context(), d.Changes))
	before, after, _ := strings.Cut(strings.Join(calls, " "), "syncfs")
	if strings.Count(before, "write") != 20 || strings.Contains(before, "rename") || strings.Count(after, "rename") != 20 || strings.Contains(before+after, "fsync") {
		t.Errorf("the calls are %v", calls)
	}
	if got := h.read(t, "home/user7/.ssh/authorized_keys"); got != "ssh-ed25519 AAAA 7\n" {
		t.Errorf("got %q", got)
	}
}

// Every operation on homes fails in turn, and all is undone.
func TestManyKeysThatFail(t *testing.T) {
	t.Parallel()
	disk := errors.New("no space left")
	for k := 1; ; k++ {
		h := open(t, debian)
		s := h.subsystem(keyed(4))
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		before := accounts(h, t)
		n := 0
		h.fault = func(op, name string) error {
			if op != "syncfs" && !strings.Contains(name, "/home/") {
				return nil
			}
			if n++; n == k {
				return disk
			}
			return nil
		}
		err = s.Apply(t.Context(), d.Changes)
		h.fault = nil
		if err == nil {
			if k < 20 {
				t.Errorf("only %d operations", k)
			}
			return
		}
		if !errors.Is(err, disk) || strings.Contains(err.Error(), ".activate-") {
			t.Errorf("operation %d: %v", k, err)
		}
		must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
		if diff := cmp.Diff(before, accounts(h, t)); diff != "" {
			t.Errorf("operation %d: the undo left %s", k, diff)
		}
		if tree := h.tree(t); strings.Contains(tree, "home/user") || strings.Contains(tree, ".activate-") {
			t.Errorf("operation %d: the undo left %s", k, tree)
		}
	}
}
