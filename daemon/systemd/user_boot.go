package systemd

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// UserBootEntry gives the files by which the user's own manager runs argv each
// time it starts, at the login or, for one that lingers, at boot, before
// anything else. stateDir is an absolute path and env are variables for it.
// The error says which of them a unit cannot hold.
func (s *Systemd) UserBootEntry(argv []string, env map[string]string, stateDir string) ([]daemon.File, error) {
	t := &text{}
	t.set("Unit", "Description", "End an interrupted switch and re-apply the boot generation")
	t.set("Unit", "DefaultDependencies", "no")
	t.set("Unit", "Before", "basic.target shutdown.target")
	t.set("Unit", "Conflicts", "shutdown.target")
	for _, name := range []string{"boot", "journal/transaction.json", "pending.json"} {
		t.set("Unit", "ConditionPathExists", "|"+literal(path.Join(stateDir, name)))
	}
	t.set("Service", "Type", "oneshot")
	t.set("Service", "RemainAfterExit", "yes")
	for _, name := range slices.Sorted(maps.Keys(env)) {
		line, err := assignment(name, env[name])
		if err != nil {
			t.fail("cannot write Environment=: %w", err)
		}
		t.set("Service", "Environment", line)
	}
	t.setCommand("ExecStart", "", argv)
	content, err := t.bytes()
	if err != nil {
		return nil, fmt.Errorf("cannot write the boot entry: %w", err)
	}
	file := path.Join(s.unitDir, BootUnit)
	return []daemon.File{{
		Unit: BootUnit, Path: file, Mode: 0o644,
		Content: []byte("# Written by activate.\n" + strings.TrimSpace(string(content)) + "\n"),
		Links:   map[string]string{path.Join(s.unitDir, "basic.target.wants", BootUnit): "/" + file},
	}}, nil
}
