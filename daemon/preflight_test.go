package daemon_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/daemon"
)

// TestUnitsInTheWayOfNothing: what would stop a change of a unit half way is found
// before it, whatever of its files it is about; what it does not touch is not.
func TestUnitsInTheWayOfNothing(t *testing.T) {
	t.Parallel()
	const dir, file, wants = "etc/systemd/system", "etc/systemd/system/w.service", "etc/systemd/system/multi-user.target.wants"
	unit := func(text string) daemon.Desired {
		return daemon.Desired{Units: []daemon.Unit{{Name: "w.service", Text: &text}}}
	}
	const enabled = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
	changed := unit(strings.Replace(enabled, "true", "false", 1))
	bare := unit("[Service]\nExecStart=/bin/true\n")
	for name, c := range map[string]struct {
		flag, at string
		to       daemon.Desired
		want     string
	}{
		"a directory":                         {"+i", dir, changed, dir + " is immutable"},
		"a directory for appending":           {"+a", dir, changed, dir + " is immutable"},
		"a file":                              {"+i", file, changed, file + " is immutable"},
		"a file that leaves":                  {"+i", file, daemon.Desired{}, file + " is immutable"},
		"a mount":                             {"mount", file, changed, "something is mounted over "},
		"a read-only file system":             {"ro", dir, changed, dir + " is mounted read-only"},
		"the directory of a link":             {"+i", wants, bare, wants + " is immutable"},
		"the directory of a link that stays":  {"+i", wants, changed, ""},
		"a directory in which nothing is new": {"+i", dir, unit(enabled), ""},
	} {
		h := newHost(t)
		h.apply(unit(enabled))
		h.close(c.flag, c.at)
		h.root.Forget()
		var told []string
		for _, p := range h.diff(c.to).Problems {
			told = append(told, p.Summary)
		}
		if got := strings.Join(told, "\n"); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// close makes a path of the host one that can't be changed, until the test ends.
func (h *host) close(flag, p string) {
	h.t.Helper()
	full := filepath.Join(h.dir, p)
	switch flag {
	case "ro":
		h.must(unix.Mount(full, full, "", unix.MS_BIND, ""))
		h.must(unix.Mount("", full, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		h.t.Cleanup(func() { h.must(unix.Unmount(full, unix.MNT_DETACH)) })
	case "mount":
		h.must(unix.Mount(full, full, "", unix.MS_BIND, ""))
		h.t.Cleanup(func() { h.must(unix.Unmount(full, unix.MNT_DETACH)) })
	default:
		if out, err := exec.Command("chattr", flag, full).CombinedOutput(); err != nil {
			h.t.Fatalf("%v: %s", err, out)
		}
		h.t.Cleanup(func() { h.must(exec.Command("chattr", "-i", "-a", full).Run()) })
	}
}

// TestALinkThatCannotBeRecorded: plans and records are JSON, which is UTF-8. So it is
// refused before anything is changed.
func TestALinkThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	const file, enabled = "etc/systemd/system/w.service", "etc/systemd/system/multi-user.target.wants/w.service"
	text := "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
	for _, p := range []string{file, enabled} {
		h := newHost(t)
		h.link(p, "/caf\xe9")
		problems := h.diff(daemon.Desired{Units: []daemon.Unit{{Name: "w.service", Text: &text}}}).Problems
		if len(problems) != 1 || !strings.Contains(problems[0].Summary, p+` is a link whose text is not UTF-8 ("/caf\xe9")`) {
			t.Errorf("%s: %v", p, problems)
		}
	}
}
