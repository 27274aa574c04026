package systemd

// scope is what differs between the systemd of a host and that of one user
// (systemd.unit(5), "Unit File Load Path", and systemd.special(7)).
type scope struct {
	// unitDir is where unit files are written, relative to the root, and
	// otherDirs are the directories after it, in order.
	unitDir   string
	otherDirs []string
	// overrides are the directories before it.
	overrides []string
	// bootTarget is what the portable name "default" of a bundle means, and
	// bootTargets are those that are always reached. What graphical.target
	// wants runs only where that is up.
	bootTarget  string
	bootTargets []string
	// prefix stands before the names of units in plans.
	prefix string
	// user is nil for the host's own.
	user *user
}

func hostScope() scope {
	return scope{
		unitDir:   "etc/systemd/system",
		otherDirs: []string{"run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"},
		overrides: []string{
			"etc/systemd/system.control", "run/systemd/system.control", "run/systemd/transient", "run/systemd/generator.early",
		},
		bootTarget: "multi-user.target",
		bootTargets: []string{
			"basic.target", "default.target", "getty.target", "local-fs-pre.target", "local-fs.target",
			"multi-user.target", "network.target", "paths.target", "remote-fs.target", "slices.target",
			"sockets.target", "swap.target", "sysinit.target", "timers.target",
		},
	}
}

func userScope(u *user, unitDir string, others ...string) scope {
	return scope{
		unitDir: unitDir,
		otherDirs: append(others,
			"etc/systemd/user", "run/systemd/user", "usr/local/lib/systemd/user", "usr/lib/systemd/user", "lib/systemd/user"),
		bootTarget:  "default.target",
		bootTargets: []string{"basic.target", "default.target", "paths.target", "sockets.target", "timers.target"},
		user:        u,
	}
}

// called is what a person calls this systemd.
func (s scope) called() string {
	if s.user == nil {
		return "systemd"
	}
	return s.user.called
}
