package systemd

import (
	"context"
	"fmt"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// BootUnit is the unit by which systemd runs activate at boot.
const BootUnit = "activate-boot.service"

// BootEntry gives the files of BootUnit: it runs argv once what is below
// stateDir (an absolute path) is mounted, before anything that needs users or
// /etc. The error says which of them a unit cannot hold.
func BootEntry(argv []string, stateDir string) ([]daemon.File, error) {
	command, err := commandLine("", argv)
	if err != nil {
		return nil, fmt.Errorf("cannot write the boot entry: %w", err)
	}
	if err := checkLine(stateDir); err != nil || strings.ContainsAny(stateDir, " \t\"'") {
		return nil, fmt.Errorf("cannot write the boot entry: the state directory %q has a character that a unit cannot hold", stateDir)
	}
	text := fmt.Sprintf(`# Written by activate.
[Unit]
Description=End an interrupted switch and re-apply the boot generation
DefaultDependencies=no
RequiresMountsFor=%[1]s
After=systemd-remount-fs.service
Before=sysinit.target systemd-sysusers.service systemd-tmpfiles-setup.service shutdown.target
Conflicts=shutdown.target
ConditionFileIsExecutable=%[3]s
ConditionPathExists=|%[1]s/boot
ConditionPathExists=|%[1]s/journal/transaction.json
ConditionPathExists=|%[1]s/pending.json

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=%[2]s

[Install]
WantedBy=sysinit.target
`, literal(stateDir), command, literal(argv[0]))
	const dir = "etc/systemd/system/"
	return []daemon.File{{
		Unit: BootUnit, Path: dir + BootUnit, Content: []byte(text), Mode: 0o644,
		Links: map[string]string{dir + "sysinit.target.wants/" + BootUnit: "/" + dir + BootUnit},
	}}, nil
}

// Kick has a boot that is under way take up what changed in the definitions:
// they are read again and the default target's start is asked for once more,
// without waiting, so that newly wanted units come with it. A boot to another
// target is left alone.
func (s *Systemd) Kick(ctx context.Context) error {
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	conn, err := s.manager(ctx)
	if err != nil {
		return err
	}
	job, err := conn.GetUnitPropertyContext(ctx, "default.target", "Job")
	if err != nil {
		return fmt.Errorf("cannot ask systemd for the default target: %w", err)
	}
	if queued, ok := job.Value.Value().([]any); !ok || len(queued) == 0 || queued[0] == uint32(0) {
		return nil
	}
	if _, err := conn.StartUnitContext(ctx, "default.target", "replace", nil); err != nil {
		return fmt.Errorf("cannot go on with the boot: %w", err)
	}
	return nil
}
