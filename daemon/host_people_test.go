package daemon_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// spoiled is the manager of a user who made it answer with errors.
type spoiled struct{ *systemd.Systemd }

func (spoiled) Running() bool { return true }

func (spoiled) Status(context.Context, []string) (map[string]daemon.Status, error) {
	return nil, errors.New("go away")
}

// ofAlice makes the units of a host where alice has a service of her own.
func (h *host) ofAlice(init daemon.Init, alice daemon.Init) *daemon.Host {
	h.t.Helper()
	service := func(name string) daemon.Desired {
		return daemon.Desired{Services: []daemon.Service{{
			Name: name, Process: &daemon.Process{Argv: []string{"/bin/" + name}}, PartOf: []string{"default"}, Autostart: true,
		}}}
	}
	d := service("web")
	d.Users = []daemon.UserUnits{{User: "alice", Units: service("sync")}}
	u, err := daemon.NewHost(daemon.HostConfig{
		Config: daemon.Config{Init: init, Root: h.root, Store: h.store, Desired: d, Last: h.last},
		Person: func(string) daemon.Person { return daemon.Person{Init: alice} },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// TestNobodyKeepsTheHostFromItsOwn: what a user's manager answers is the user's
// doing, and no reason to leave the host as it is.
func TestNobodyKeepsTheHostFromItsOwn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	alice := spoiled{systemd.ForUser("alice", func() (uint32, bool) { return 1000, true })}
	u := h.ofAlice(newFake(), alice)
	diff, err := u.Diff(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lists, err := u.Verbs(t.Context(), diff.Changes)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"alice:sync.service", "web.service"}; !slices.Equal(lists.Start, want) {
		t.Errorf("to start are %v, want %v, of which hers will fail", lists.Start, want)
	}
	lists, err = u.Verbs(t.Context(), nil)
	if err != nil || slices.Contains(lists.Start, "alice:sync.service") {
		t.Errorf("with nothing of hers to do it is %v, %v", lists.Start, err)
	}
}

// TestUsersDoNotJudgeBoots: else a user could have the host leave a generation.
func TestUsersDoNotJudgeBoots(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	alice := newFake()
	alice.status["sync.service"] = daemon.Status{Name: "sync.service", Active: "failed", Failed: true}
	u := h.ofAlice(newFake("web.service"), alice)
	failed, err := u.Failing(t.Context())
	if err != nil || len(failed) > 0 {
		t.Errorf("failing are %v, %v", failed, err)
	}
}

// ending is the manager of a user that logind stops while it is asked.
type ending struct {
	*fakeInit
	asked bool
}

func (e *ending) Running() bool { return !e.asked }

func (e *ending) Refresh(context.Context) error {
	e.asked = true
	return errors.New("connection reset by peer")
}

// TestAManagerThatEndsIsNoFailure: there is nothing left that could be wrong, unless
// it was to start something.
func TestAManagerThatEndsIsNoFailure(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for start, fails := range map[string]bool{"": false, "alice:sync.service": true} {
		u := h.ofAlice(newFake(), &ending{fakeInit: newFake()})
		lists := plan.Units{Refresh: true}
		if start != "" {
			lists.Start = []string{start}
		}
		out, err := u.Start(t.Context(), lists)
		if failed := err != nil || len(out.Failed) > 0; failed != fails {
			t.Errorf("to start %q: %v, %v", start, err, out.Failed)
		}
	}
}
