package supervise_test

import (
	"testing"

	"github.com/activate-agent/activate/daemon"
)

func TestMountsAreOneshots(t *testing.T) {
	t.Parallel()
	got := specs(t, daemon.Desired{
		Services: []daemon.Service{longrun("nix-daemon", nil), longrun("user", func(s *daemon.Service) { s.DependsOn = []string{"mnt-t.mount"} })},
		Mounts: []daemon.Mount{
			{Where: "/nix/store", What: "/nix/store", Type: "bind", Options: []string{"ro"}, Before: []string{"nix-daemon"}},
			{Where: "/mnt/t", What: "tmpfs", Type: "tmpfs", Options: []string{"size=1m", "mode=0700"}},
			{Where: "/data", What: "/dev/sdb1"},
		},
	})
	same(t, "a bind mount", got["nix-store.mount"].Oneshot.Start, "mount", "--bind", "-o", "ro", "--", "/nix/store", "/nix/store")
	same(t, "a file system", got["mnt-t.mount"].Oneshot.Start, "mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "--", "tmpfs", "/mnt/t")
	same(t, "one of the kernel's choice", got["data.mount"].Oneshot.Start, "mount", "--", "/dev/sdb1", "/data")
	same(t, "its end", got["data.mount"].Oneshot.Stop, "umount", "--", "/data")
	same(t, "what comes after it", got["nix-daemon"].Follows, "nix-store.mount")
	same(t, "what needs it", got["user"].Needs, "mnt-t.mount")
	if !got["data.mount"].Boot {
		t.Error("it does not start with the host")
	}
}
