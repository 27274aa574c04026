package systemd

import (
	"slices"

	"github.com/activate-agent/activate/daemon"
)

// serviceSandbox is `sandbox = "strict"` in systemd.exec(5)'s terms: the
// service sees the host read-only and may write to directories of its own
// under /run, /var/lib, /var/cache and /var/log, and to its working directory.
// Memory that is writable and executable stays allowed, since interpreters
// with a just-in-time compiler need it.
//
// A user's own manager may not do what needs privileges, so there it is what
// a process can give up by itself.
func (r *renderer) serviceSandbox(t *text, s *daemon.Service) {
	switch s.Sandbox {
	case "":
		return
	case "strict":
	default:
		t.fail("cannot set the sandbox %q: there is only \"strict\"", s.Sandbox)
		return
	}
	for _, x := range strict(s.Name) {
		if r.user == nil || slices.Contains(unprivileged(), x.key) {
			t.set("Service", x.key, x.value)
		}
	}
	if s.WorkingDirectory != "" && r.user == nil {
		t.set("Service", "ReadWritePaths", word(literal(s.WorkingDirectory)))
	}
}

// unprivileged are the settings that any process may ask for.
func unprivileged() []string {
	return []string{
		"NoNewPrivileges", "LockPersonality", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime",
		"RestrictSUIDSGID", "SystemCallArchitectures", "SystemCallFilter",
	}
}

func strict(name string) []setting {
	return []setting{
		{"NoNewPrivileges", "yes"},
		{"CapabilityBoundingSet", "CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL"},
		{"ProtectSystem", "strict"},
		{"ProtectHome", "yes"},
		{"PrivateTmp", "yes"},
		{"PrivateDevices", "yes"},
		{"ProtectClock", "yes"},
		{"ProtectControlGroups", "yes"},
		{"ProtectHostname", "yes"},
		{"ProtectKernelLogs", "yes"},
		{"ProtectKernelModules", "yes"},
		{"ProtectKernelTunables", "yes"},
		{"ProtectProc", "invisible"},
		{"LockPersonality", "yes"},
		{"RemoveIPC", "yes"},
		{"RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"},
		{"RestrictNamespaces", "yes"},
		{"RestrictRealtime", "yes"},
		{"RestrictSUIDSGID", "yes"},
		{"SystemCallArchitectures", "native"},
		{"SystemCallFilter", "@system-service"},
		{"StateDirectory", name},
		{"CacheDirectory", name},
		{"LogsDirectory", name},
		{"RuntimeDirectory", name},
	}
}
