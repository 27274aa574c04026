package systemd_test

import "os"

// suites are the Debian releases that scenarios run on: systemd 252, and with
// ACTIVATE_ALL_SUITES set 257 too.
func suites() []string {
	if os.Getenv("ACTIVATE_ALL_SUITES") != "" {
		return []string{"bookworm", "trixie"}
	}
	return []string{"bookworm"}
}
