package main_test

import "pgregory.net/rapid"

// walkUnits are unit files that a host may have, and a configuration too.
var walkUnits = []string{"/etc/systemd/system/web.service", "/etc/systemd/system/x.service", "/etc/systemd/system/multi-user.target.wants/x.service"} //nolint:gochecknoglobals // a constant

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
