package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestOvertaken: an account that somebody removes between the plan and the first
// change moves the lines of those after it, so that the plan no longer holds:
// another is made.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/two.hcl", `
user "ann" {}
user "bob" { create_home = true }
`)
	// What judges a file of the configuration does so in between.
	m.WriteFile("/root/one.hcl", `
user "bob" { create_home = true }
etc "x" {
  text     = "x"
  validate = ["/root/meddle", "%s"]
}
`)
	m.WriteFile("/root/meddle", `#!/bin/sh
if id early >/dev/null; then userdel early; fi
`)
	m.Succeed("chmod +x /root/meddle && useradd early && activate switch /root/two.hcl")
	_, stderr, code := m.Run("activate switch /root/one.hcl")
	if code != 0 || !strings.Contains(stderr, "plan: cannot keep a copy of user/ann: it changed since it was planned; planning again") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if left := m.Succeed("grep -c -e ^ann -e ^early /etc/passwd || true"); left != "0\n" {
		t.Errorf("of ann and early %s are left", left)
	}
	m.Succeed("activate drift && activate deactivate")
}
