package daemon_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// everyone makes the units of a host and of users that nobody is logged in as.
func (h *host) everyone(d daemon.Desired) *daemon.Host {
	h.t.Helper()
	u, err := daemon.NewHost(daemon.HostConfig{
		Config: daemon.Config{
			Init: systemd.Offline(), Root: h.root, Store: h.store, Desired: d, Last: h.last, Earlier: h.earlier, Parents: h.parents,
		},
		Person: func(name string) daemon.Person {
			return daemon.Person{Init: systemd.ForUser(name, func() (uint32, bool) { return 0, false })}
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// bring applies what everyone's units need and gives the addresses of it.
func (h *host) bring(d daemon.Desired) []plan.Address {
	h.t.Helper()
	u := h.everyone(d)
	diff, err := u.Diff(h.t.Context())
	if err != nil || len(diff.Problems) > 0 {
		h.t.Fatal(err, diff.Problems)
	}
	if err := u.Save(h.t.Context(), diff.Changes); err != nil {
		h.t.Fatal(err)
	}
	if err := u.Apply(h.t.Context(), diff.Changes); err != nil {
		h.t.Fatal(err)
	}
	h.parents, h.earlier, h.last = u.Parents(diff), u.Originals(diff), maps.Clone(h.last)
	var out []plan.Address
	for _, ch := range diff.Changes {
		out = append(out, ch.Address)
		if h.last[ch.Address] = ch.After; u.Leaves(ch) {
			delete(h.last, ch.Address)
		}
	}
	slices.Sort(out)
	return out
}

// TestHostOfUsers: services of one name are told apart by whose they are, and
// who leaves takes nobody's along.
func TestHostOfUsers(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	sync := func(program string) daemon.Desired {
		return daemon.Desired{Services: []daemon.Service{{
			Name: "sync", Process: &daemon.Process{Argv: []string{program}}, PartOf: []string{"default"}, Autostart: true, RestartIfChanged: true,
		}}}
	}
	all := sync("/bin/host")
	all.Users = []daemon.UserUnits{{User: "alice", Units: sync("/bin/a")}, {User: "bob", Units: sync("/bin/b")}}

	want := []plan.Address{"unit/alice:sync.service", "unit/bob:sync.service", "unit/sync.service"}
	if diff := cmp.Diff(want, h.bring(all)); diff != "" {
		t.Errorf("new units (-want +got):\n%s", diff)
	}
	if got := h.bring(all); len(got) > 0 {
		t.Errorf("a second time there is %v", got)
	}
	if recorded := h.everyone(all).Recorded().Users; !cmp.Equal(recorded, all.Users) {
		t.Errorf("recorded are %+v", recorded)
	}
	all.Users = all.Users[1:]
	if diff := cmp.Diff(want[:1], h.bring(all)); diff != "" {
		t.Errorf("without alice (-want +got):\n%s", diff)
	}
	if _, err := h.root.Lstat(daemon.UserDir("alice")); err == nil {
		t.Error("the directory of alice is left")
	}
	if _, err := h.root.Lstat(daemon.UserDir("bob") + "/default.target.wants/sync.service"); err != nil {
		t.Error(err)
	}
	h.bring(daemon.Desired{})
	if _, err := h.root.Lstat("etc/activate"); err == nil || len(h.last) > 0 {
		t.Errorf("left are %v", h.last)
	}
}
