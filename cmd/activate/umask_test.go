package main_test

import (
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestUmask: what a snippet makes has the same mode whoever runs the switch.
func TestUmask(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/a.hcl", `snippet "make" { script = "mkdir -p /srv/d && touch /srv/d/f" }`)
	m.Succeed("umask 0077 && activate switch /root/a.hcl")
	if got := m.Succeed("stat -c %a /srv/d /srv/d/f"); got != "755\n644\n" {
		t.Errorf("it made directory and file with %q", got)
	}
}
