package daemon_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// drawDesired gives a few services, masked units and drop-ins of few names, so
// that two draws have a lot to do with each other.
func drawDesired(t *rapid.T, label string) daemon.Desired {
	var d daemon.Desired
	for _, name := range []string{"a", "b", "c"} {
		switch rapid.IntRange(0, 4).Draw(t, label+name) {
		case 0:
		case 1:
			text := ""
			d.Units = append(d.Units, daemon.Unit{Name: name + ".service", Text: &text})
		default:
			x := web("/bin/" + rapid.SampledFrom([]string{"x", "y"}).Draw(t, label+"argv"))
			x.Services[0].Name = name
			x.Services[0].Autostart = rapid.Bool().Draw(t, label+"autostart")
			if rapid.Bool().Draw(t, label+"part") {
				x.Services[0].PartOf = []string{"bundle"}
			}
			d.Services = append(d.Services, x.Services...)
		}
		if rapid.Bool().Draw(t, label+"dropin") {
			d.Units = append(d.Units, daemon.Unit{
				Name:     name + ".service.d/x.conf",
				Sections: daemon.Sections{"Service": {"Nice": {fmt.Sprint(rapid.IntRange(0, 2).Draw(t, label+"nice"))}}},
			})
		}
	}
	return d
}

// TestAnyWayAndBack goes from any state to any other: then nothing is left to
// do, the undo brings the first back, and the end of all is the tree as it was.
func TestAnyWayAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newHost(t)
		if rapid.Bool().Draw(rt, "foreign") {
			h.write("etc/systemd/system/a.service", "[Service]\nExecStart=/bin/theirs\n")
		}
		if rapid.Bool().Draw(rt, "link") {
			h.link("etc/systemd/system/multi-user.target.wants/b.service", "/lib/systemd/system/b.service")
		}
		empty := h.tree()
		a, b := drawDesired(rt, "a"), drawDesired(rt, "b")
		h.apply(a)
		first := h.tree()

		u := h.units(b)
		diff, err := u.Diff(t.Context())
		h.must(err)
		h.must(u.Save(t.Context(), diff.Changes))
		h.must(u.Apply(t.Context(), diff.Changes))
		h.must(u.Apply(t.Context(), plan.Inverses(diff.Changes)))
		if d := cmp.Diff(first, h.tree()); d != "" {
			rt.Fatalf("the undo does not bring the first state back:\n%s", d)
		}
		h.apply(b)
		if again := h.diff(b); len(again.Changes) > 0 {
			rt.Fatalf("something is left to do: %v", actions(again))
		}
		h.apply(daemon.Desired{})
		if d := cmp.Diff(empty, h.tree()); d != "" {
			rt.Fatalf("the tree is not as it was:\n%s", d)
		}
	})
}

// TestEveryFaultCanBeUndone fails every single operation on the disk in turn, for
// few units and for so many that they are written together.
func TestEveryFaultCanBeUndone(t *testing.T) {
	t.Parallel()
	web := named("web", "two", func(s *daemon.Service) { s.Autostart = false })
	for _, desired := range []daemon.Desired{
		all(web, named("more", "x")),
		all(web, named("more", "x"), named("many", "x"), named("most", "x", func(s *daemon.Service) {
			s.ConfigData = []daemon.ConfigData{{Name: "k", Path: "/etc/k", Text: "v", OnChange: "restart"}}
		})),
	} {
		k := 1
		for failAndUndo(t, desired, k) {
			k++
		}
		if k < 10 {
			t.Errorf("only %d operations", k)
		}
	}
}

// failAndUndo fails the k-th operation; it reports whether there was one.
func failAndUndo(t *testing.T, desired daemon.Desired, k int) bool {
	t.Helper()
	disk := errors.New("no space left")
	h := newHost(t)
	h.apply(web("/bin/one"))
	before := h.tree()
	n := 0
	root, err := rootfs.Open(h.dir, rootfs.WithFault(func(string, string) error {
		if n++; n == k {
			return disk
		}
		return nil
	}))
	h.must(err)
	defer func() { _ = root.Close() }()
	u, err := daemon.New(daemon.Config{Init: systemd.Offline(), Root: root, Store: h.store, Desired: desired, Last: h.last, Parents: h.parents})
	h.must(err)
	diff, err := u.Diff(t.Context())
	h.must(err)
	h.must(u.Save(t.Context(), diff.Changes))
	failure := u.Apply(t.Context(), diff.Changes)
	if failure == nil {
		return false
	}
	if !errors.Is(failure, disk) {
		t.Errorf("operation %d: %v", k, failure)
	}
	h.must(u.Apply(t.Context(), plan.Inverses(diff.Changes)))
	if d := cmp.Diff(before, h.tree()); d != "" {
		t.Errorf("operation %d: the undo left\n%s", k, d)
	}
	return true
}

// TestSecretsAreSealed: neither a unit nor the record holds a secret of the
// configuration or a plain hash of it, and the record renders the same units.
func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	desired := named("a", "x", func(s *daemon.Service) {
		s.ConfigData = []daemon.ConfigData{{Name: "k", Path: "/etc/k", Text: "hunter2", Secret: true, OnChange: "restart"}}
	})
	h.apply(desired)
	u := h.units(desired)
	record, err := json.Marshal(u.Recorded())
	h.must(err)
	if strings.Contains(string(record), "hunter2") {
		t.Errorf("the record has the secret: %s", record)
	}
	if desired.Services[0].ConfigData[0].Text != "hunter2" {
		t.Error("the caller's desired state was changed")
	}
	var back daemon.Desired
	h.must(json.Unmarshal(record, &back))
	if d := cmp.Diff(u.Files(), h.units(back).Files()); d != "" {
		t.Errorf("the record renders other units: %s", d)
	}
	// The key was kept: another process sees the same.
	store, err := rootfs.OpenStore(h.root, "state/key", "state/blobs")
	h.must(err)
	h.store = store
	if diff := h.diff(desired); len(diff.Changes) != 0 {
		t.Errorf("the next run sees %v", actions(diff))
	}
}
