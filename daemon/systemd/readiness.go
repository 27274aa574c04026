package systemd

import (
	"net"
	"net/url"
	"strconv"

	"github.com/activate-agent/activate/daemon"
)

// processType is the Type= of a process in the foreground.
func processType(r *daemon.Readiness) string {
	if r != nil && (r.Notify || r.FD != 0) {
		return "notify"
	}
	return "exec"
}

// foreground is the command of a process. One that writes a line to a
// descriptor when it is ready (s6's way) gets that descriptor, and what reads
// it tells systemd.
func foreground(s *daemon.Service) []string {
	if s.Readiness == nil || s.Readiness.FD == 0 {
		return s.Process.Argv
	}
	fd := strconv.Itoa(s.Readiness.FD)
	script := `exec "$@" ` + fd + `> >(exec ` + fd + `>&-; read -r _ && systemd-notify --ready)`
	return append([]string{"/bin/bash", "-c", script, s.Process.Argv[0]}, s.Process.Argv...)
}

// readiness keeps the unit "activating" until a probe succeeds; systemd ends
// that with TimeoutStartSec.
func readiness(t *text, r *daemon.Readiness) {
	if r == nil {
		return
	}
	if r.FD != 0 {
		t.set("Service", "NotifyAccess", "all")
	}
	switch {
	case len(r.Exec) > 0:
		t.setCommand("ExecStartPost", "", append([]string{"/bin/sh", "-c", `until "$@"; do sleep 0.2; done`, "sh"}, r.Exec...))
	case r.TCP != "":
		host, port, err := net.SplitHostPort(r.TCP)
		if err != nil {
			t.fail("cannot probe %q: write host:port", r.TCP)
			return
		}
		t.setCommand("ExecStartPost", "", []string{
			"/bin/bash", "-c", `until (exec 3<>"/dev/tcp/$0/$1") 2>/dev/null; do sleep 0.2; done`, hostOf(host), port,
		})
	case r.HTTP != "":
		t.setCommand("ExecStartPost", "", httpProbe(t, r.HTTP))
	}
	t.setDuration("Service", "TimeoutStartSec", r.Timeout)
}

// hostOf: an empty host is this host.
func hostOf(host string) string {
	if host == "" {
		return "localhost"
	}
	return host
}

// httpProbe asks with what every host has for plain HTTP, and with curl for
// the rest.
func httpProbe(t *text, address string) []string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		t.fail("cannot probe %q: write http://host:port/path", address)
		return nil
	case u.Scheme == "https":
		return []string{"/bin/sh", "-c", `until curl -fsS -m 5 -o /dev/null "$0"; do sleep 0.2; done`, address}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	const script = `probe() { exec 3<>"/dev/tcp/$1/$2" && ` +
		`printf 'GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n' "$3" "$1" >&3 && ` +
		`read -r -t 5 _ code _ <&3 && [[ $code == [23]* ]]; }; ` +
		`until (probe "$0" "$1" "$2") 2>/dev/null; do sleep 0.2; done`
	return []string{"/bin/bash", "-c", script, hostOf(u.Hostname()), port, u.RequestURI()}
}
