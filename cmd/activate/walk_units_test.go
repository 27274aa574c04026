package main_test

import "pgregory.net/rapid"

// walkInits are the inits that a walk's units are for, and the most frequent none.
var walkInits = []string{"none", "none", "none", "none", "none", "none", "systemd", "systemd", "systemd", "runit", "s6", "s6-rc", "supervisord", "sysvinit", "openrc", "finit"} //nolint:gochecknoglobals // a constant

// walkUnits are what each init reads and a host may have, and a configuration too.
var walkUnits = map[string][]string{ //nolint:gochecknoglobals // a constant
	"systemd":     {"/etc/systemd/system/web.service", "/etc/systemd/system/x.service", "/etc/systemd/system/multi-user.target.wants/x.service"},
	"runit":       {"/etc/sv/web", "/etc/sv/web/run", "/etc/service/web"},
	"s6":          {"/run/service/web", "/run/service/web/run"},
	"s6-rc":       {"/etc/s6-rc/source/web", "/etc/s6-rc/source/web/type", "/etc/s6-rc/source/default/type"},
	"supervisord": {"/etc/supervisor/conf.d", "/etc/supervisor/conf.d/web.conf"},
	"sysvinit":    {"/etc/init.d/web", "/etc/rc2.d/S01web", "/etc/rc0.d"},
	"openrc":      {"/etc/init.d/web", "/etc/runlevels/default/web"},
	"finit":       {"/etc/finit.d", "/etc/finit.d/web.conf"},
}

// drawUnits draws blocks that become unit files, each at most once.
func drawUnits(t *rapid.T) []string {
	var out []string
	for _, choices := range [][]string{
		{
			"service \"web\" {\n  process {\n    argv = [\"/bin/sleep\", \"1\"]\n  }\n}\n",
			"service \"web\" {\n  process {\n    argv = [\"/bin/sleep\", \"2\"]\n  }\n  user = \"ann\"\n  autostart = false\n  config_data \"a.conf\" {\n    text = \"a\"\n  }\n}\n",
		},
		{
			"unit \"x.service\" {\n  text = \"[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n\"\n}\n",
			"unit \"x.service\" {\n  text = \"[Service]\\nExecStart=/bin/true\\n\"\n}\n",
			"unit \"x.service\" {\n  text = \"\"\n}\n",
		},
		{
			"socket \"web\" {\n  listen_stream = [\"/run/web.sock\"]\n  service = \"web\"\n}\n",
			"socket \"web\" {\n  listen_stream = [\"127.0.0.1:81\"]\n  service = \"web\"\n  autostart = false\n}\n",
		},
		{"target \"all\" {\n  depends_on = [\"web\"]\n}\n", "target \"all\" {\n  autostart = true\n}\n"},
		{
			"user \"fay\" {\n  service \"own\" {\n    process {\n      argv = [\"/bin/sleep\", \"3\"]\n    }\n  }\n}\n",
			"user \"ann\" {\n  service \"own\" {\n    oneshot {\n      start = [\"/bin/true\"]\n    }\n    config_data \"k\" {\n      text = \"k\"\n    }\n  }\n}\n",
		},
		{"timer \"tick\" {\n  on_calendar = [\"daily\"]\n  service = \"web\"\n}\n"},
		{"mount \"/srv/data\" {\n  what = \"/opt\"\n  type = \"bind\"\n}\n"},
	} {
		n := rapid.IntRange(0, 2*len(choices)).Draw(t, choices[0])
		if n > len(choices) {
			out = append(out, choices[n-len(choices)-1])
		}
	}
	return out
}
