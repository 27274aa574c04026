package testvm

// Init is what a machine runs as process 1.
type Init struct {
	// Packages bring it.
	Packages []string
	// Argv is its command line; empty means /sbin/init.
	Argv []string
	// Comm is the name that the kernel has for it, proc(5).
	Comm string
	// Up is shell text that succeeds when the boot is over.
	Up string
	// Off is shell text that has it power the machine off in good order.
	Off string
	// Reboot is the same for a machine that starts again; empty means Off.
	Reboot string
}

// systemd is the init of a machine that names none.
func systemd() Init {
	return Init{
		Packages: []string{"systemd", "systemd-sysv", "dbus", "udev"},
		Comm:     "systemd",
		// Asked before it can answer, systemctl fails; then it waits.
		Up:     `[ -S /run/systemd/private ] && case $(systemctl is-system-running --wait) in running|degraded) ;; *) exit 1; esac`,
		Off:    "systemctl --no-block poweroff",
		Reboot: "systemctl --no-block reboot",
	}
}

// launch is the end of systemd-nspawn's command line.
func (i Init) launch() []string {
	if len(i.Argv) == 0 {
		return []string{"--boot"}
	}
	return append([]string{"--"}, i.Argv...)
}
