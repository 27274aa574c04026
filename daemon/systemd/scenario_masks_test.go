package systemd_test

// maskScenarios mask units of packages, and take the masks away.
func maskScenarios() []scenario {
	const vendor = "/usr/lib/systemd/system/t-"
	return []scenario{
		{
			name: "foreigntimer", b: unit("foreigntimer.timer", ""),
			between: "printf '[Timer]\\nOnBootSec=9d\\nUnit=t-same.service\\n' >" + vendor + "foreigntimer.timer; systemctl daemon-reload; systemctl start t-foreigntimer.timer",
			stop:    "t-foreigntimer.timer",
			check:   "test $(systemctl is-enabled t-foreigntimer.timer) = masked && test $(systemctl is-active t-foreigntimer.timer) = inactive",
		},
		{
			name: "foreignmask", b: unit("foreignmask.service", ""),
			between: "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >" + vendor + "foreignmask.service; systemctl daemon-reload; systemctl start t-foreignmask.service",
			skip:    "t-foreignmask.service", check: "systemctl is-active t-foreignmask.service",
		},
		{
			name: "foreignback", a: unit("foreignback.service", ""),
			between: "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >" + vendor + "foreignback.service; mv /etc/systemd/system/t-foreignback.service /run; " +
				"systemctl daemon-reload; systemctl start t-foreignback.service; mv /run/t-foreignback.service /etc/systemd/system; systemctl daemon-reload",
			check: "systemctl is-active t-foreignback.service && test $(systemctl is-enabled t-foreignback.service) = static",
		},
	}
}
