package conformance_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// webPackages are what the web example runs.
func webPackages() []string { return []string{"nginx-light", "python3", "curl"} }

// web puts the example on a machine, whose own nginx does not run.
func (h *host) web(program string) {
	h.Helper()
	h.m.CopyTo(program, "/usr/local/bin/activate")
	for _, file := range []string{"main.hcl", "webapp.hcl", "proxy.hcl"} {
		h.m.CopyTo(filepath.Join("../../examples/webapps", file), "/root/web/"+file)
	}
	h.m.Succeed("chmod 755 /srv; /etc/init.d/nginx stop >/dev/null 2>&1 || true")
}

// lateSupervisord is shell text by which supervisord listens only after it was
// asked for something in vain, as one that was just started does.
const lateSupervisord = await + `mv /run/supervisor.sock /run/late.sock
(await 'first=$(pgrep -xo supervisorctl)' && await "! test -e /proc/\$first"; mv /run/late.sock /run/supervisor.sock) >/dev/null 2>&1 </dev/null &`

// answers wants every application's own answer through its proxy, each
// process its own user, and what was left running as it was.
func (h *host) answers() {
	h.Helper()
	h.ok("activate --init " + h.name + " switch /root/web/main.hcl")
	for _, site := range []struct {
		proxy     int
		dns, name string
		port      int
	}{
		{8080, "wiki.example.org", "wiki", 5001},
		{8080, "docs.example.org", "wiki", 5001},
		{8080, "blog.example.org", "blog", 5002},
		{8080, "shop.example.org", "shop", 5003},
		{8081, "metrics.internal", "metrics", 5004},
		{8081, "logs.internal", "logs", 5005},
		{8081, "builds.internal", "builds", 5006},
	} {
		got := h.ok(fmt.Sprintf("curl -s -S -m 10 -H 'Host: %s' http://127.0.0.1:%d/", site.dns, site.proxy))
		want(h, site.dns, got, fmt.Sprintf("%s is listening on port: %d\n", site.name, site.port))
	}
	services := h.services()
	want(h, "services", len(services), 8)
	for name, s := range services {
		want(h, "user of "+name, strings.TrimSpace(h.ok(fmt.Sprintf("stat -c %%U /proc/%d", s.PID))), name)
	}
}

// TestWeb: the web example answers through its proxies on one init after the
// other.
func TestWeb(t *testing.T) {
	t.Parallel()
	program := build(t)
	t.Run("one after the other", func(t *testing.T) {
		t.Parallel()
		h := &host{T: t, m: testvm.Start(t, testvm.Config{Packages: append(packages(), webPackages()...)})}
		h.web(program)
		for _, name := range []string{"systemd", "s6", "supervisord", "runit"} {
			h = h.at(name)
			h.m.Succeed(h.setup)
			if name == "supervisord" {
				h.m.Succeed(lateSupervisord)
			}
			h.answers()
		}
		h.ok("activate --init runit deactivate")
		want(h, "processes", firstOf(h.sh("pgrep -l 'nginx|python3' | grep -v supervisord")), "")
	})
	t.Run("sysvinit", func(t *testing.T) {
		t.Parallel()
		init := bootRigs()["sysvinit"]
		h := &host{T: t, rig: rig{name: "sysvinit"}, m: testvm.Start(t, testvm.Config{Init: &init, Packages: webPackages()})}
		h.web(program)
		h.answers()
	})
}
