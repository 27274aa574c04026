package systemd

import (
	"context"
	"fmt"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// BootUnit is the unit by which systemd runs activate at boot.
const BootUnit = "activate-boot.service"

// bootedUnit is the unit by which systemd tells activate that the boot is over.
const bootedUnit = "activate-booted.service"

// BootRun is what the boot entry runs, absolute paths all.
type BootRun struct {
	// Argv runs before anything that needs users or /etc, once what is below
	// StateDir is mounted.
	Argv     []string
	StateDir string
	// Booted runs when the default target was reached, or could not be, if the
	// file Mark is there.
	Booted []string
	Mark   string
}

// BootEntry gives the files of BootUnit and of the unit that comes last. The
// error says which value a unit cannot hold.
func BootEntry(r BootRun) ([]daemon.File, error) {
	boot, err := bootFile(r.Argv, r.StateDir)
	if err != nil {
		return nil, err
	}
	booted, err := bootedFile(r)
	return []daemon.File{boot, booted}, err
}

// bootFile runs once the local file systems are there: homes and managed paths
// may be on any of them. It must not hold up systemd-sysusers.service, which
// udev waits for, and a disk for /var waits for udev.
func bootFile(argv []string, stateDir string) (daemon.File, error) {
	command, err := commandLine("", argv)
	if err != nil {
		return daemon.File{}, fmt.Errorf("cannot write the boot entry: %w", err)
	}
	if err := checkLine(stateDir); err != nil || strings.ContainsAny(stateDir, " \t\"'") {
		return daemon.File{}, fmt.Errorf("cannot write the boot entry: the state directory %q has a character that a unit cannot hold", stateDir)
	}
	text := fmt.Sprintf(`# Written by activate.
[Unit]
Description=End an interrupted switch and re-apply the boot generation
DefaultDependencies=no
RequiresMountsFor=%[1]s
After=local-fs.target
Before=sysinit.target systemd-tmpfiles-setup.service shutdown.target
Conflicts=shutdown.target
ConditionFileIsExecutable=%[3]s
ConditionPathIsSymbolicLink=|%[1]s/boot
ConditionPathExists=|%[1]s/journal/transaction.json
ConditionPathExists=|%[1]s/pending.json

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=%[2]s

[Install]
WantedBy=sysinit.target
Also=%[4]s
`, literal(stateDir), command, literal(argv[0]), bootedUnit)
	return sysinitFile(BootUnit, text), nil
}

// bootedFile is ordered as systemd-update-utmp-runlevel.service is: after the
// target's job has ended, well or not. It is wanted by sysinit.target, since
// the default target may be anybody's.
func bootedFile(r BootRun) (daemon.File, error) {
	command, err := commandLine("", r.Booted)
	if err != nil {
		return daemon.File{}, fmt.Errorf("cannot write the boot entry: %w", err)
	}
	text := fmt.Sprintf(`# Written by activate.
[Unit]
Description=Tell whether the boot generation came up
DefaultDependencies=no
After=%[1]s default.target multi-user.target graphical.target
Before=shutdown.target
Conflicts=shutdown.target
ConditionPathExists=%[2]s

[Service]
Type=oneshot
ExecStart=%[3]s

[Install]
WantedBy=sysinit.target
`, BootUnit, literal(r.Mark), command)
	return sysinitFile(bootedUnit, text), nil
}

func sysinitFile(unit, text string) daemon.File {
	const dir = "etc/systemd/system/"
	return daemon.File{
		Unit: unit, Path: dir + unit, Content: []byte(text), Mode: 0o644,
		Links: map[string]string{dir + "sysinit.target.wants/" + unit: "/" + dir + unit},
	}
}

// Kick has a boot that is under way take up what changed in the definitions:
// they are read again and the default target's start is asked for once more,
// without waiting, so that newly wanted units come with it. A boot to another
// target is left alone.
func (s *Systemd) Kick(ctx context.Context) error {
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	if booting, err := s.Booting(ctx); !booting || err != nil {
		return err
	}
	conn, err := s.manager(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.StartUnitContext(ctx, "default.target", "replace", nil); err != nil {
		return fmt.Errorf("cannot go on with the boot: %w", err)
	}
	return nil
}

// Booting tells whether a boot to the default target is under way: its start is
// asked for and has not ended.
func (s *Systemd) Booting(ctx context.Context) (bool, error) {
	conn, err := s.manager(ctx)
	if err != nil {
		return false, err
	}
	job, err := conn.GetUnitPropertyContext(ctx, "default.target", "Job")
	if err != nil {
		return false, fmt.Errorf("cannot ask systemd for the default target: %w", err)
	}
	queued, ok := job.Value.Value().([]any)
	return ok && len(queued) > 0 && queued[0] != uint32(0), nil
}
