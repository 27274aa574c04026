package systemd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

func TestSurvey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const units = "etc/systemd/system/"
	const enabled = "[Service]\nExecStart=/bin/app ${HOME}\n[Install]\nWantedBy=multi-user.target\n"
	for name, text := range map[string]string{
		"app.service": enabled, "off.service": enabled, "elsewhere.service": enabled, "static.timer": "[Timer]\nOnBootSec=1\n", "empty.service": "", "open.service": "[Service]\n",
		"noend.service": "[Service]", "bad.service": "[Install]\nWantedBy=nothing\n", "README": "no unit\n", "activate-boot.service": enabled, "activate-booted.service": enabled,
		"app.service.d/x.conf": "[Service]\n",
	} {
		p := filepath.Join(dir, units, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, units, "multi-user.target.wants"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"masked.service": "/dev/null", "alias.service": "/lib/systemd/system/x.service",
		"multi-user.target.wants/app.service": "/etc/systemd/system/app.service", "multi-user.target.wants/elsewhere.service": "/opt/elsewhere.service",
	} {
		if err := os.Symlink(target, filepath.Join(dir, units, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, units, "open.service"), 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	got, err := systemd.Survey(root)
	if err != nil {
		t.Fatal(err)
	}
	unit := func(name, text, why string, links ...string) systemd.Surveyed {
		s := systemd.Surveyed{Unit: daemon.Unit{Name: name, Text: &text}, Paths: append([]string{units + name}, links...), Why: why}
		if text == "" && name != "masked.service" {
			s.Unit.Text = nil
		}
		return s
	}
	want := []systemd.Surveyed{
		unit("app.service", enabled, "", units+"multi-user.target.wants/app.service"),
		unit("bad.service", "[Install]\nWantedBy=nothing\n", "cannot enable bad.service: WantedBy=nothing does not name a unit"),
		unit("elsewhere.service", enabled, "it has an [Install] section and is not enabled by it"),
		unit("empty.service", "", "its file is empty, not UTF-8, or has no newline at its end"),
		unit("masked.service", "", ""),
		unit("noend.service", "", "its file is empty, not UTF-8, or has no newline at its end"),
		unit("off.service", enabled, "it has an [Install] section and is not enabled by it"),
		unit("open.service", "", "its file is not root's with mode 0644 but of 0:0 with 0666"),
		unit("static.timer", "[Timer]\nOnBootSec=1\n", ""),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
