package users_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

func drawDesired(t *rapid.T, label string) users.Desired {
	var d users.Desired
	for _, name := range []string{"alice", "bob", "carol", "windows"} {
		if !rapid.Bool().Draw(t, label+" user "+name) {
			continue
		}
		d.Users = append(d.Users, drawUser(t, label, name))
	}
	for _, name := range []string{"alice", "bob", "staff", "team"} {
		if !rapid.Bool().Draw(t, label+" group "+name) {
			continue
		}
		g := users.Group{Name: name, Origin: "c.hcl:9"}
		g.Members = drawSubset(t, label+" members "+name, "alice", "bob", "daemon")
		if name == "team" && rapid.Bool().Draw(t, label+" gid") {
			g.GID = new(users.ID(3000))
		}
		d.Groups = append(d.Groups, g)
	}
	return d
}

func drawUser(t *rapid.T, label, name string) users.User {
	draw := func(what string, values ...string) string {
		return rapid.SampledFrom(values).Draw(t, label+" "+what+" "+name)
	}
	u := users.User{
		Name: name, Origin: "c.hcl:1",
		Description:           draw("description", "", "One", "Two"),
		Shell:                 draw("shell", "", "/bin/sh"),
		Home:                  draw("home", "", "/srv/"+name),
		Group:                 draw("group", "", "staff"),
		HashedPassword:        draw("hash", "", "$6$one", "$6$two"),
		InitialHashedPassword: draw("initial", "", "$6$initial"),
		Expires:               draw("expires", "", "2040-01-02"),
		OnRemoval:             "delete",
		Groups:                drawSubset(t, label+" groups "+name, "sudo", "staff"),
		System:                rapid.Bool().Draw(t, label+" system "+name),
		CreateHome:            rapid.Bool().Draw(t, label+" home made "+name),
	}
	if u.CreateHome && rapid.Bool().Draw(t, label+" keys "+name) {
		u.AuthorizedKeys = []string{"ssh-ed25519 AAAA " + draw("key", "x", "y")}
	}
	if rapid.Bool().Draw(t, label+" sub ids "+name) {
		u.SubIDs = &users.SubIDs{Auto: true}
	}
	if rapid.Bool().Draw(t, label+" linger "+name) {
		u.Linger = new(bool)
		*u.Linger = true
	}
	return u
}

func drawSubset(t *rapid.T, label string, values ...string) []string {
	var out []string
	for _, v := range values {
		if rapid.Bool().Draw(t, label+" "+v) {
			out = append(out, v)
		}
	}
	return out
}

func withHost(t *rapid.T, check func(h *host)) {
	files := maps.Clone(debian)
	if !rapid.Bool().Draw(t, "gshadow") {
		delete(files, "etc/gshadow")
	}
	if !rapid.Bool().Draw(t, "subuid") {
		delete(files, "etc/subuid")
	}
	withFiles(t, files, check)
}

func withFiles(t *rapid.T, files map[string]string, check func(h *host)) {
	dir, err := os.MkdirTemp("", "users-property")
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	h := newHost(t, dir, files)
	defer func() { _ = h.root.Close() }()
	check(h)
}

// After a switch nothing is left to do, and a refused one changed nothing.
// When all has left, the account files are byte for byte as before the first.
func TestSwitchConvergesAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		withHost(t, func(h *host) {
			before := accounts(h, t)
			for _, label := range []string{"first", "second"} {
				was := h.tree(t)
				desired := drawDesired(t, label)
				if d := h.switchTo(t, desired); len(d.Problems) > 0 {
					if diff := cmp.Diff(was, h.tree(t)); diff != "" {
						t.Fatalf("refused, yet changed: %s", diff)
					}
					continue
				}
				if again := h.diff(t, desired); len(again.Changes)+len(again.Problems)+len(again.Adopted) > 0 {
					t.Fatalf("not converged: %+v", describe(again))
				}
			}
			if d := h.switchTo(t, users.Desired{}); len(d.Problems) > 0 {
				t.Fatalf("cannot leave: %v", d.Problems)
			}
			if diff := cmp.Diff(before, accounts(h, t)); diff != "" {
				t.Fatalf("left a trace: %s", diff)
			}
		})
	})
}

func accounts(h *host, t testingT) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(debian)) {
		if b, err := os.ReadFile(h.dir + "/" + name); err == nil {
			out[name] = string(b)
		}
	}
	if len(out) == 0 {
		t.Fatalf("no account files")
	}
	return out
}

func describe(d plan.Diff) []string {
	var out []string
	for _, ch := range d.Changes {
		out = append(out, string(ch.Address)+" "+ch.Reason+"\n  "+string(ch.Before)+"\n  "+string(ch.After))
	}
	for _, p := range d.Problems {
		out = append(out, p.Error())
	}
	return out
}

// Whatever call fails, undoing gives the whole tree back, and finishing in a
// new process makes all of the plan.
func TestAnyFaultCanBeUndoneAndFinished(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		withHost(t, func(h *host) {
			if d := h.switchTo(t, drawDesired(t, "first")); len(d.Problems) == 0 {
				h.survivesAFault(t, drawDesired(t, "second"))
			}
		})
	})
}

// survivesAFault switches with one call failing, and then undoes or finishes it.
func (h *host) survivesAFault(t *rapid.T, desired users.Desired) {
	before := h.tree(t)
	s := h.subsystem(desired)
	d, err := s.Diff(context.Background())
	must(t, err)
	if len(d.Problems) > 0 {
		return
	}
	must(t, s.Save(context.Background(), d.Changes))
	broken := h.failAt(rapid.IntRange(1, 60).Draw(t, "k"), func() error {
		for _, batch := range batches(d.Changes) {
			if err := s.Apply(context.Background(), batch); err != nil {
				return err
			}
		}
		return nil
	})
	if broken != nil && !errors.Is(broken, syscall.EIO) {
		t.Fatalf("unexpected error: %v", broken)
	}
	h.reopen(t)
	next := h.subsystem(desired)
	if rapid.Bool().Draw(t, "undo") {
		for _, batch := range slices.Backward(batches(d.Changes)) {
			if err := next.Apply(context.Background(), plan.Inverses(batch)); err != nil {
				t.Fatalf("cannot undo after %v: %v; the plan was %v", broken, err, describe(d))
			}
		}
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Fatalf("undo after %v of %v left: %s", broken, describe(d), diff)
		}
		return
	}
	for range 2 {
		for _, batch := range batches(d.Changes) {
			if err := next.Apply(context.Background(), batch); err != nil {
				t.Fatalf("cannot finish after %v: %v; the plan was %v", broken, err, describe(d))
			}
		}
	}
	h.record(s, d)
	if again := h.diff(t, desired); len(again.Changes) > 0 {
		t.Fatalf("not finished: %v", describe(again))
	}
}

// failAt runs f with the k-th changing call failing.
func (h *host) failAt(k int, f func() error) error {
	h.fault = func(string, string) error {
		if k--; k == 0 {
			return syscall.EIO
		}
		return nil
	}
	defer func() { h.fault = nil }()
	return f()
}
