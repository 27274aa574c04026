package systemd

import "github.com/activate-agent/activate/daemon"

// serviceSandbox is `sandbox = "strict"` in systemd.exec(5)'s terms: the
// service sees the host read-only and may write to directories of its own
// under /run, /var/lib, /var/cache and /var/log, and to its working directory.
// Memory that is writable and executable stays allowed, since interpreters
// with a just-in-time compiler need it.
func serviceSandbox(t *text, s *daemon.Service) {
	switch s.Sandbox {
	case "":
		return
	case "strict":
	default:
		t.fail("cannot set the sandbox %q: there is only \"strict\"", s.Sandbox)
		return
	}
	for _, x := range []setting{
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
		{"StateDirectory", s.Name},
		{"CacheDirectory", s.Name},
		{"LogsDirectory", s.Name},
		{"RuntimeDirectory", s.Name},
	} {
		t.set("Service", x.key, x.value)
	}
	if s.WorkingDirectory != "" {
		t.set("Service", "ReadWritePaths", word(literal(s.WorkingDirectory)))
	}
}
