package systemd_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// nix is the daemon of Nix as the built-in module declares it.
func nix() daemon.Desired {
	return daemon.Desired{
		Services: []daemon.Service{{
			Name: "nix-daemon", Description: "Nix Daemon",
			Process:          &daemon.Process{Argv: []string{"/usr/bin/nix-daemon", "--daemon"}},
			PartOf:           []string{"default"},
			Nice:             new(5),
			Limits:           map[string]string{"nofile": "1048576", "nproc": "infinity"},
			Stop:             &daemon.Stop{Kill: "process"},
			RestartIfChanged: true,
			RestartTriggers:  []string{"the hash of nix.conf"},
			Init: map[string]daemon.Sections{"systemd": {
				"Service": {"IOSchedulingClass": {"best-effort"}, "IOSchedulingPriority": {"4"}},
				"Unit":    {"RequiresMountsFor": {"/nix/store", "/nix/var"}},
			}},
		}},
		Sockets: []daemon.Socket{{
			Name: "nix-daemon", ListenStream: []string{"/nix/var/nix/daemon-socket/socket"},
			Before: []string{"multi-user.target"}, Autostart: true,
		}},
		Mounts: []daemon.Mount{{
			Where: "/nix/store", What: "/nix/store", Type: "bind", Options: []string{"ro"}, Before: []string{"nix-daemon"},
		}},
	}
}

// everything has each setting once.
func everything() daemon.Desired {
	return daemon.Desired{
		Services: []daemon.Service{
			{
				Name: "db", Process: &daemon.Process{Daemon: []string{"/usr/sbin/dbd"}, PIDFile: "/run/db.pid"},
				PartOf: []string{"default"}, Autostart: true, StopIfChanged: true, RestartIfChanged: true,
				Readiness: &daemon.Readiness{TCP: "localhost:5432", Timeout: "30s"},
				Oneshot:   nil, RequiredBy: []string{"web"},
			},
			{
				Name: "web", Description: "100% web; front\tend",
				Process:     &daemon.Process{Argv: []string{"/usr/bin/web$er", "", "two words", `q"uo\te`, "$HOME", "${x}", "50%", ";", "line\nbreak", "ünï", "#x", "'"}},
				Environment: map[string]string{"PLAIN": "8080", "ODD": "a b\"c\\d$e%f\ng'h", "EMPTY": ""},
				User:        "web", Group: "www", WorkingDirectory: "/srv/100%", Umask: "0027",
				DependsOn: []string{"db"}, Wants: []string{"cron"}, After: []string{"network.target"}, PartOf: []string{"site"},
				Autostart: true, RestartIfChanged: true, Sandbox: "strict",
				Readiness: &daemon.Readiness{Notify: true, Timeout: "1m30s"},
				Restart:   &daemon.Restart{Policy: "on-failure", Delay: "500ms"},
				Stop:      &daemon.Stop{Signal: "QUIT", Timeout: "5s"},
				Reload:    &daemon.Reload{Signal: "HUP"},
				Prepare:   []string{"/bin/mkdir", "-p", "/run/web"}, Cleanup: []string{"/bin/rm", "-rf", "/run/web"},
				ReloadTriggers: []string{"a", "b"},
				ConfigData: []daemon.ConfigData{
					{Name: "a", Path: "/etc/activate/services/web/a", Text: "x", OnChange: "reload"},
					{Name: "b", Path: "/etc/activate/services/web/b", Text: "y", OnChange: "none"},
				},
			},
			{Name: "site", Description: "The whole site", PartOf: []string{"default"}, Autostart: true},
			{
				Name: "setup", Oneshot: &daemon.Oneshot{Start: []string{"/bin/up"}, Stop: []string{"/bin/down"}, RemainAfterExit: true},
				PartOf: []string{"default"}, Autostart: true, RestartIfChanged: true,
			},
			{Name: "backup", Oneshot: &daemon.Oneshot{Start: []string{"/bin/backup"}}, ReloadIfChanged: true, Reload: &daemon.Reload{Command: []string{"/bin/again", "$1"}}},
			{Name: "echo", Process: &daemon.Process{Argv: []string{"cat"}}, Stop: &daemon.Stop{}},
			{Name: "fd", Process: &daemon.Process{Argv: []string{"/bin/fd"}}, Readiness: &daemon.Readiness{FD: 3}, PartOf: []string{"default"}},
			{Name: "http", Process: &daemon.Process{Argv: []string{"/bin/http"}}, Readiness: &daemon.Readiness{HTTP: "http://[::1]:8080/health?a=b"}},
			{
				Name: "quiet", Process: &daemon.Process{Argv: []string{"/bin/quiet"}}, Readiness: &daemon.Readiness{Exec: []string{"/bin/probe", "a b"}},
				Restart:    &daemon.Restart{Policy: "never"},
				ConfigData: []daemon.ConfigData{{Name: "s", Path: "/etc/s", Text: "secret", OnChange: "restart", Secret: true}},
				Init:       map[string]daemon.Sections{"systemd": {"": {"Restart": {}, "OOMScoreAdjust": {"-5"}}, "Service": {"X-Note": {"a", "b"}}}},
			},
		},
		Sockets: []daemon.Socket{
			{Name: "echo", ListenStream: []string{"7", "[::1]:7"}, Accept: true, Autostart: true, SocketMode: "0600", User: "web", Group: "www"},
			{Name: "control", ListenDatagram: []string{"/run/control%"}, Service: "quiet"},
		},
		Timers: []daemon.Timer{{
			Name: "nightly", OnCalendar: []string{"daily", "Mon *-*-* 00:00:00"}, OnBoot: "15m", OnActive: "1h30m",
			Persistent: true, Service: "backup", Autostart: true,
		}},
		Targets: []daemon.Target{{Name: "extra", DependsOn: []string{"db"}, PartOf: []string{"site"}}},
		Mounts: []daemon.Mount{
			{Where: "/mnt/a b-c", What: "LABEL=x", Type: "ext4", Options: []string{"noatime", "nofail"}},
			{Where: "/mnt/nfs", What: "host:/export", Type: "nfs"},
		},
		Units: []daemon.Unit{
			{Name: "cron.service", Text: new("")},
			{Name: "web.service.d/limits.conf", Sections: daemon.Sections{"Service": {"LimitNOFILE": {"12"}, "Environment": {"", "A=1", "B=%n"}}}},
			{Name: "job@.service", Text: new("[Service]\nType=exec\nExecStart=/bin/job %i\n[Install]\nWantedBy=multi-user.target\nDefaultInstance=a.b\nAlias=work@a.b.service")},
		},
	}
}

// golden prints files as one text.
func golden(files []daemon.File) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "== %s (%s, unit %s) %04o run=%v\n", f.Path, f.Address, f.Unit, f.Mode, f.Run)
		for _, link := range slices.Sorted(maps.Keys(f.Links)) {
			fmt.Fprintf(&b, "== %s -> %s\n", link, f.Links[link])
		}
		if f.Target != "" {
			fmt.Fprintf(&b, "== -> %s\n", f.Target)
		}
		fmt.Fprintf(&b, "%s\n", f.Content)
	}
	return b.String()
}

func TestRenderGolden(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]daemon.Desired{"nix": nix(), "everything": everything()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := systemd.Offline().Render(d)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(files)
			path := filepath.Join("testdata", name+".golden")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("run with UPDATE=1 if this is right:\n%s", diff)
			}
		})
	}
}

// TestRenderedUnitsVerify has systemd itself read what was rendered.
func TestRenderedUnitsVerify(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatal("systemd-analyze is not installed; run make deps")
	}
	files, err := systemd.Offline().Render(everything())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var paths []string
	for _, f := range files {
		full := filepath.Join(dir, filepath.Base(f.Path))
		if f.Target != "" || strings.Contains(f.Path, ".d/") {
			continue
		}
		if err := os.WriteFile(full, f.Content, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, full)
	}
	cmd := exec.Command("systemd-analyze", append([]string{"verify", "--man=no", "--generators=no"}, paths...)...)
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	out, _ := cmd.CombinedOutput()
	// The programs and users of the example do not exist; nothing else may
	// be found wanting.
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, dir) || strings.Contains(line, "nown") {
			if !strings.Contains(line, "is not executable") {
				t.Errorf("systemd-analyze: %s", line)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	service := func(change func(*daemon.Service)) daemon.Desired {
		s := daemon.Service{Name: "web", Process: &daemon.Process{Argv: []string{"/bin/web"}}, Origin: "web.hcl:3"}
		change(&s)
		return daemon.Desired{Services: []daemon.Service{s}}
	}
	unit := func(name, text string) daemon.Desired {
		return daemon.Desired{Units: []daemon.Unit{{Name: name, Text: &text, Origin: "u.hcl:1"}}}
	}
	for name, c := range map[string]struct {
		desired daemon.Desired
		want    string
	}{
		"newline in a description": {
			service(func(s *daemon.Service) { s.Description = "a\nExecStart=/bin/evil" }),
			"web.hcl:3: cannot write web.service: cannot write Description=: a newline in a value would start another setting",
		},
		"newline in a user":     {service(func(s *daemon.Service) { s.User = "a\nb" }), "User="},
		"backslash at the end":  {service(func(s *daemon.Service) { s.WorkingDirectory = `/x\` }), "would join the next line"},
		"NUL in an argument":    {service(func(s *daemon.Service) { s.Process.Argv = []string{"/bin/x", "\x00"} }), "NUL"},
		"relative program":      {service(func(s *daemon.Service) { s.Process.Argv = []string{"./web"} }), "neither an absolute path nor a plain name"},
		"no program":            {service(func(s *daemon.Service) { s.Process.Argv = []string{""} }), "the command is empty"},
		"variable name":         {service(func(s *daemon.Service) { s.Environment = map[string]string{"A B": ""} }), "not the name of an environment variable"},
		"control character":     {service(func(s *daemon.Service) { s.Environment = map[string]string{"A": "\x1b"} }), "control character"},
		"unknown limit":         {service(func(s *daemon.Service) { s.Limits = map[string]string{"files": "1"} }), "there is none of that name"},
		"limit that is no size": {service(func(s *daemon.Service) { s.Limits = map[string]string{"nofile": "many"} }), "neither a number"},
		"signal":                {service(func(s *daemon.Service) { s.Reload = &daemon.Reload{Signal: "HUP; reboot"} }), "not the name of a signal"},
		"duration":              {service(func(s *daemon.Service) { s.Stop = &daemon.Stop{Timeout: "soon"} }), "is not a duration"},
		"sandbox":               {service(func(s *daemon.Service) { s.Sandbox = "tight" }), `there is only "strict"`},
		"newline in systemd's own": {
			service(func(s *daemon.Service) {
				s.Init = map[string]daemon.Sections{"systemd": {"Service": {"Nice": {"1\n2"}}}}
			}), "newline",
		},
		"section of systemd's own": {
			service(func(s *daemon.Service) {
				s.Init = map[string]daemon.Sections{"systemd": {"Service]\n[X": {"Nice": {"1"}}}}
			}), "not a name of a setting",
		},
		"unit without a type":   {unit("web", "[Unit]\n"), "must end in .service"},
		"unit with a slash":     {unit("a/b.service", "[Unit]\n"), "a name has letters"},
		"masked drop-in":        {unit("a.service.d/x.conf", ""), "cannot be masked"},
		"enabled by no unit":    {unit("a.service", "[Install]\nWantedBy=../../x\n"), "does not name a unit"},
		"alias that is no unit": {unit("a.service", "[Install]\nAlias=../x.service\n"), "a name has letters"},
		"two of one name": {
			daemon.Desired{
				Services: []daemon.Service{{Name: "a", Oneshot: &daemon.Oneshot{Start: []string{"/bin/a"}}, Origin: "a.hcl:1"}},
				Units:    []daemon.Unit{{Name: "a.service", Text: new("[Unit]\n"), Origin: "b.hcl:2"}},
			}, "a.hcl:1 and b.hcl:2 both declare it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := systemd.Offline().Render(c.desired)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and %d files, want an error with %q", err, len(files), c.want)
			}
		})
	}
}
