package supervise_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/supervise"
)

func TestEachMountHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	got := specs(t, daemon.Desired{
		Services: []daemon.Service{
			longrun("near", func(s *daemon.Service) { s.DependsOn = []string{"mnt-a-b.mount"} }),
			longrun("far", func(s *daemon.Service) { s.DependsOn = []string{`mnt-a\x2db.mount`} }),
		},
		Mounts: []daemon.Mount{
			{Where: "/mnt/a-b", What: "one", Type: "tmpfs"},
			{Where: "/mnt/a/b", What: "two", Type: "tmpfs"},
			{Where: "/mnt/$(id) \"x", What: "three", Type: "tmpfs"},
		},
	})
	same(t, "a path with a dash", got["mnt-a_x2db.mount"].Oneshot.Start, "mount", "-t", "tmpfs", "--", "one", "/mnt/a-b")
	same(t, "a path with a slash there", got["mnt-a-b.mount"].Oneshot.Start, "mount", "-t", "tmpfs", "--", "two", "/mnt/a/b")
	same(t, "who needs the one", got["far"].Needs, "mnt-a_x2db.mount")
	same(t, "who needs the other", got["near"].Needs, "mnt-a-b.mount")
	for name := range got {
		if strings.ContainsAny(name, "$`\"'\\ ") {
			t.Errorf("a script cannot hold the name %q", name)
		}
	}
}

func TestTwoMountsOnOnePathAreRefused(t *testing.T) {
	t.Parallel()
	_, err := supervise.Specs(daemon.Desired{Mounts: []daemon.Mount{
		{Where: "/mnt/t", What: "one", Type: "tmpfs"}, {Where: "/mnt/t/", What: "two", Type: "tmpfs"},
	}})
	if err == nil || !strings.Contains(err.Error(), "mnt-t.mount") {
		t.Errorf("got %v, want an error that names mnt-t.mount", err)
	}
}

func TestMountsComeAfterThoseTheyAreOn(t *testing.T) {
	t.Parallel()
	got := specs(t, daemon.Desired{Mounts: []daemon.Mount{
		{Where: "/srv", What: "/dev/sdb1"},
		{Where: "/srv/www", What: "tmpfs", Type: "tmpfs"},
		{Where: "/srv-old", What: "tmpfs", Type: "tmpfs"},
		{Where: "/home/www", What: "/srv/www/home", Type: "bind"},
	}})
	same(t, "what is below it", got["srv-www.mount"].Needs, "srv.mount")
	same(t, "what is bound from it", got["home-www.mount"].Needs, "srv-www.mount", "srv.mount")
	if needs := got["srv_x2dold.mount"].Needs; len(needs) > 0 {
		t.Errorf("a path that only begins alike needs %v", slices.Clone(needs))
	}
}
