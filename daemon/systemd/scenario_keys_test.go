package systemd_test

import "github.com/activate-agent/activate/daemon"

// keyScenarios are the keys by which a raw unit says what NixOS's modules say.
func keyScenarios() []scenario {
	const reloading = raw + "[Service]\nExecReload=/bin/sh -c 'echo x >> /run/%N'\n"
	with := func(name, base, line string) daemon.Desired {
		return unit(name+".service", base+"[Unit]\n"+line+"\n")
	}
	const nicer = "[Service]\nNice=1\n"
	return []scenario{
		{name: "xrestart", a: with("xrestart", raw, "X-RestartIfChanged=false"), b: with("xrestart", raw+nicer, "X-RestartIfChanged=false"), skip: "t-xrestart.service"},
		{
			name: "xreload", a: with("xreload", reloading, "X-ReloadIfChanged=true"), b: with("xreload", reloading+nicer, "X-ReloadIfChanged=true"),
			reload: "t-xreload.service", check: "test $(wc -l < /run/t-xreload) = 1",
		},
		{
			name: "xstop", a: with("xstop", raw, "X-StopIfChanged=true"), b: with("xstop", raw+nicer, "X-StopIfChanged=true"),
			stop: "t-xstop.service", start: "t-xstop.service",
		},
		{name: "xtrigger", a: with("xtrigger", raw, "X-Restart-Triggers=a"), b: with("xtrigger", raw, "X-Restart-Triggers=b"), restart: "t-xtrigger.service"},
		{name: "xtriggersame", a: with("xtriggersame", raw, "X-Restart-Triggers=a"), b: with("xtriggersame", raw+"[Unit]\nDescription=new\n", "X-Restart-Triggers=a")},
		{
			name: "xreloadtrigger", a: with("xreloadtrigger", reloading, "X-Reload-Triggers=a"), b: with("xreloadtrigger", reloading, "X-Reload-Triggers=b"),
			reload: "t-xreloadtrigger.service",
		},
		{name: "xmanual", b: with("xmanual", raw, "X-OnlyManualStart=true")},
		{
			name: "xmanualruns", a: with("xmanualruns", raw, "X-OnlyManualStart=true"), b: with("xmanualruns", raw+nicer, "X-OnlyManualStart=true"),
			between: "systemctl start t-xmanualruns", skip: "t-xmanualruns.service",
		},
		{
			name: "xreconfigured", a: unit("xreconfigured.target", "[Unit]\nX-StopOnReconfiguration=true\n[Install]\nWantedBy=multi-user.target\n"),
			b:    unit("xreconfigured.target", "[Unit]\nX-StopOnReconfiguration=true\nAfter=t-same.service\n[Install]\nWantedBy=multi-user.target\n"),
			stop: "t-xreconfigured.target", start: "t-xreconfigured.target",
		},
		{
			name: "forks", a: service("forks", forking("/run/t-forks.pid", "1000")), b: service("forks", forking("/run/t-forks.pid", "2000")),
			restart: "t-forks.service", check: "test -d /proc/$(cat /run/t-forks.pid)",
		},
		{
			name: "boundto", a: merge(unit("boundto1.service", raw), unit("boundto2.service", raw+"[Unit]\nBindsTo=t-boundto1.service\nAfter=t-boundto1.service\n")),
			b:       merge(unit("boundto1.service", raw+nicer), unit("boundto2.service", raw+"[Unit]\nBindsTo=t-boundto1.service\nAfter=t-boundto1.service\n")),
			restart: "t-boundto1.service t-boundto2.service",
		},
	}
}
