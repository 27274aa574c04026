package main_test

import "testing"

// TestLingeringBeginsWithTheSwitch: who has no services in the configuration may have
// some of their own, and logind does not look for files in its directory by itself.
func TestLingeringBeginsWithTheSwitch(t *testing.T) {
	t.Parallel()
	for _, suite := range suites() {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			m := userMachine(t, suite)
			m.WriteFile("/root/a.hcl", "user \"alice\" {\n  uid    = 1000\n  linger = true\n}\n")
			m.Succeed("activate switch /root/a.hcl")
			m.Succeed("systemctl is-active user@1000.service && test $(loginctl show-user alice --value -p Linger) = yes")
			m.Succeed("test \"$(systemctl --failed --no-legend)\" = ''")
			m.Succeed("activate switch /root/a.hcl && activate drift && activate deactivate")
			m.Succeed("! systemctl is-active user@1000.service && test \"$(systemctl --failed --no-legend)\" = ''")
		})
	}
}
