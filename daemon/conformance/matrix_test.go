package conformance_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// matrix is what passed, by init and row.
type matrix struct {
	mu     sync.Mutex
	passed map[string]map[string]bool
}

func (m *matrix) record(init, row string, passed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.passed[init] == nil {
		m.passed[init] = map[string]bool{}
	}
	m.passed[init][row] = passed
}

// compare holds the page against the matrix; with UPDATE set it writes it.
func (m *matrix) compare(t *testing.T, page string) {
	t.Helper()
	text := m.String()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != text {
		t.Errorf("%s is not what the suite found; run the test with UPDATE=1 and review it", page)
	}
}

const intro = `# Services on every init

One service block runs the same on every init below. This page is written by
the conformance suite (daemon/conformance), which runs the real init on a
machine for each column; yes is a row that passed. For sysvinit and openrc the
scripts of this suite are run as those inits would, but process 1 is neither;
TestReboot beside it boots machines whose process 1 is sysvinit, runit, finit,
s6-svscan, supervisord, or sysvinit with OpenRC, and wants the services back in
order after what activate at-boot does, and the generation before after two
boots of one that does not come up (boot_attempts). [Which row of which source
is held by which test](init-rows.md) is a page of its own.

systemd runs services itself. Every other init runs one keeper for each, which
is this program: it waits for what the service needs, starts it, probes it,
starts it again, and stops all that it started. So every init gives the same
order, readiness, reload and stop. What people see of the init's own tools is
the keeper.

`

const outro = `
Mounts are oneshots elsewhere than on systemd, called PATH.mount as there. Only
systemd has sockets, timers and raw units; elsewhere they are an error that
names the block. For s6-rc, activate build --init s6-rc writes the source
directories, which are checked as s6-rc-compile does; it does not drive a live
database.
`

// String is the page.
func (m *matrix) String() string {
	var b strings.Builder
	b.WriteString(intro)
	b.WriteString("| |")
	for _, r := range rigs() {
		fmt.Fprintf(&b, " %s |", r.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(rigs())) + "\n")
	for _, row := range rows() {
		fmt.Fprintf(&b, "| %s |", row.name)
		for _, r := range rigs() {
			answer := "no"
			switch passed := m.passed[r.name][row.name]; {
			case row.except == r.name:
				answer = "n/a"
			case passed:
				answer = "yes"
			}
			fmt.Fprintf(&b, " %s |", answer)
		}
		b.WriteString("\n")
	}
	b.WriteString(outro)
	return b.String()
}
