package users_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// crowd is a host with n accounts that are members of one group, among them some
// that nobody manages, and the configuration that says groups of the others.
func crowd(n int, groups ...string) (files map[string]string, desired users.Desired) {
	var passwd, group strings.Builder
	var members []string
	for i := range n {
		name := fmt.Sprintf("u%04d", (i*7)%n)
		members = append(members, name)
		fmt.Fprintf(&passwd, "%s:x:%d:100::/home/%s:/bin/sh\n", name, 2000+i, name)
		if i%10 > 0 {
			desired.Users = append(desired.Users, users.User{Name: name, Groups: groups, ExclusiveGroups: len(groups) == 0})
		}
	}
	fmt.Fprintf(&group, "root:x:0:\nusers:x:100:\nshared:x:50:%s\n", strings.Join(members, ","))
	return map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/bash\n" + passwd.String(), "etc/group": group.String(),
		"etc/gshadow": strings.NewReplacer(":x:0:", ":*::", ":x:100:", ":*::", ":x:50:", ":*::").Replace(group.String()),
		"bin/sh":      "", "bin/bash": "",
	}, desired
}

// TestAListIsKeptOnceForAllItsMembers takes very many out of one group: what is
// kept grows as they do, not as their square, and puts all back where it stood.
func TestAListIsKeptOnceForAllItsMembers(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]func(t *testing.T, n int) int64{"accounts of ours go": keptOfGone, "others leave a group": keptOfLeft} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if few, many := kept(t, 200), kept(t, 800); many > 5*few {
				t.Errorf("%d bytes are kept of 200 accounts, and %d of 800", few, many)
			}
		})
	}
}

// keptOfGone removes n accounts of ours from one group with others in it.
func keptOfGone(t *testing.T, n int) int64 {
	t.Helper()
	files, _ := crowd(40)
	h := open(t, files)
	var ours []users.User
	for i := range n {
		ours = append(ours, users.User{Name: fmt.Sprintf("n%04d", (i*7)%n), Groups: []string{"shared"}})
	}
	h.switchTo(t, wants(ours...))
	return h.keptOf(t, users.Desired{})
}

// keptOfLeft takes most of n accounts from before us out of one group.
func keptOfLeft(t *testing.T, n int) int64 {
	t.Helper()
	files, desired := crowd(n)
	h := open(t, files)
	before := h.tree(t)
	size := h.keptOf(t, desired)
	h.switchTo(t, desired)
	h.returns(t, before)
	return size
}

// keptOf switches, tells how many bytes that keeps in the state directory and in
// the plan, and takes it back, after which all is as it was.
func (h *host) keptOf(t *testing.T, desired users.Desired) int64 {
	t.Helper()
	before, size := h.tree(t), -h.stateSize(t)
	s := h.subsystem(desired)
	d := h.judged(t, s)
	if len(d.Changes) == 0 || len(d.Problems) > 0 {
		t.Fatalf("got %v", describe(d))
	}
	must(t, s.Save(context.Background(), d.Changes))
	must(t, s.Apply(context.Background(), d.Changes))
	if before == h.tree(t) {
		t.Fatalf("nothing was changed")
	}
	must(t, s.Apply(context.Background(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Fatalf("taken back: %s", diff)
	}
	for _, ch := range d.Changes {
		size += int64(len(ch.Before) + len(ch.After))
	}
	return size + h.stateSize(t)
}

// stateSize is how many bytes the files of the state directory have.
func (h *host) stateSize(t *testing.T) int64 {
	t.Helper()
	var size int64
	must(t, filepath.WalkDir(filepath.Join(h.dir, stateDir), func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		size += info.Size()
		return err
	}))
	return size
}

// TestALostListIsAppendedTo takes users out of a group and back where the list that
// was kept is gone: they are its members again, at its end.
func TestALostListIsAppendedTo(t *testing.T) {
	t.Parallel()
	files, desired := crowd(60)
	desired.Users = desired.Users[:2]
	h := open(t, files)
	s := h.subsystem(desired)
	d := h.judged(t, s)
	must(t, s.Save(context.Background(), d.Changes))
	must(t, s.Apply(context.Background(), d.Changes))
	for _, ch := range d.Changes {
		st, err := plan.Decode[users.UserState](ch.Before)
		must(t, err)
		if len(st.Lists) != 1 {
			t.Fatalf("%s speaks of the lists %v, not of one", ch.Address, st.Lists)
		}
		if err := os.Remove(filepath.Join(h.dir, h.store.Place(st.Lists[0]))); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	must(t, s.Apply(context.Background(), plan.Inverses(d.Changes)))
	line := strings.TrimSpace(h.read(t, "etc/group"))
	got := strings.Split(line[strings.LastIndex(line, ":")+1:], ",")
	for _, u := range desired.Users {
		if !slices.Contains(got, u.Name) {
			t.Errorf("%s is no member again: %s", u.Name, line)
		}
	}
}
