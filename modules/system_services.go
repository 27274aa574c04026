package modules

import (
	"cmp"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// services reads everything for the init.
func (d *decoder) services(out *daemon.Desired) {
	d.each("socket", func(r *reading) { out.Sockets = append(out.Sockets, r.socket()) })
	d.each("timer", func(r *reading) { out.Timers = append(out.Timers, r.timer()) })
	d.each("service", func(r *reading) { out.Services = append(out.Services, r.service("", out)...) })
	d.each("target", func(r *reading) { out.Targets = append(out.Targets, r.target()) })
	if d.ev.config.options.Personal == nil {
		d.each("user", func(r *reading) { r.userUnits(out) })
	}
	d.each("mount", func(r *reading) { out.Mounts = append(out.Mounts, r.mount()) })
	d.each("unit", func(r *reading) { out.Units = append(out.Units, r.unit()) })
	byName(out.Services, func(s daemon.Service) string { return s.Name })
	d.collisions(out)
	d.holders(out)
}

// unitNameOK is what may be a unit's name everywhere; see systemd.unit(5).
func (r *reading) unitNameOK(name string) {
	ok := name != "" && len(name) < 200 && name[0] != '-' && name[0] != '.' &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.@\\-") == ""
	switch {
	case ok:
	case r.n.typ.Name == "unit" && strings.Contains(name, ".d/"):
		r.d.add(expr.Errorf(r.n.at(), "Invalid name", "%q is a drop-in, which is a file and no unit. Write it as etc %q { text = ... }.", name, "systemd/system/"+name))
	default:
		r.d.add(expr.Errorf(r.n.at(), "Invalid name", "%q cannot be the name of a %s: it is made of up to 199 letters, digits and : _ . @ \\ -, and starts with neither . nor -.", name, r.n.typ.Name))
	}
}

// service reads a service and its sub-services.
func (r *reading) service(parent string, out *daemon.Desired) []daemon.Service {
	name := r.n.unitName()
	r.unitNameOK(name)
	s := daemon.Service{
		Name: name, Parent: parent, Description: r.public("description"),
		Environment: r.variables("environment"), User: r.account("user"), Group: r.account("group"), WorkingDirectory: r.public("working_directory"),
		Umask: r.text("umask"), Limits: r.limits(),
		DependsOn: r.names("depends_on"), Wants: r.names("wants"), After: r.names("after"), Before: r.names("before"), RequiredBy: r.names("required_by"),
		PartOf: r.names("part_of"), Prepare: r.texts("prepare"), Cleanup: r.texts("cleanup"),
		RestartIfChanged: r.flag("restart_if_changed"), ReloadIfChanged: r.flag("reload_if_changed"), StopIfChanged: r.flag("stop_if_changed"),
		RestartTriggers: r.texts("restart_triggers"), ReloadTriggers: r.texts("reload_triggers"),
		IgnoreFailure: r.flag("ignore_failure"), Sandbox: r.text("sandbox"), Init: r.initSections("Service"), Origin: r.n.origin(),
	}
	if n := r.number("nice"); n != nil {
		nice := int(*n)
		s.Nice = &nice
	}
	socket, timer := startedBy(name, out)
	r.commands(&s, timer)
	r.supervision(&s)
	s.Autostart = !socket && !timer
	if set := r.optionalFlag("autostart"); set != nil {
		s.Autostart = *set
	}
	if len(s.PartOf) == 0 && s.Autostart {
		s.PartOf = []string{"default"}
	}
	s.ConfigData = r.configData(r.n.placeName())
	return append([]daemon.Service{s}, r.subServices(name, out)...)
}

func startedBy(name string, out *daemon.Desired) (socket, timer bool) {
	socket = slices.ContainsFunc(out.Sockets, func(s daemon.Socket) bool {
		return s.Service == name || s.Service == "" && s.Name == name
	})
	timer = slices.ContainsFunc(out.Timers, func(t daemon.Timer) bool {
		return t.Service == name || t.Service == "" && t.Name == name
	})
	return socket, timer
}

func (r *reading) subServices(parent string, out *daemon.Desired) []daemon.Service {
	var list []daemon.Service
	if b := r.n.typ.Block("service"); b != nil {
		r.eachChild(b, func(kid *reading) { list = append(list, kid.service(parent, out)...) })
	}
	return list
}

func (r *reading) eachChild(b *schema.Block, f func(*reading)) {
	nodes, diags := r.n.children(b).all()
	r.d.add(diags)
	for _, n := range nodes {
		f(&reading{d: r.d, n: n})
	}
}

// part gives the nested block of a type without labels, nil when nobody
// wrote it.
func (r *reading) part(name string) *reading {
	kid, diags := r.n.children(r.n.typ.Block(name)).only()
	r.d.add(diags)
	if kid == nil || diags.HasErrors() {
		return nil
	}
	return &reading{d: r.d, n: kid}
}

func (r *reading) commands(s *daemon.Service, timer bool) {
	process, oneshot := r.part("process"), r.part("oneshot")
	if process != nil && oneshot != nil {
		r.d.add(related(expr.Errorf(oneshot.n.at(), "Two commands", "%s is either a process that keeps running or a oneshot, not both.", r.n.address()), process.n.at()))
		return
	}
	if process != nil {
		s.Process = &daemon.Process{Argv: process.texts("argv"), Daemon: process.texts("daemon"), PIDFile: process.public("pid_file")}
		process.needsOne("argv", s.Process.Argv, "daemon", s.Process.Daemon)
	}
	if oneshot != nil {
		s.Oneshot = &daemon.Oneshot{Start: oneshot.texts("start"), Stop: oneshot.texts("stop"), RemainAfterExit: !timer}
		if set := oneshot.optionalFlag("remain_after_exit"); set != nil {
			s.Oneshot.RemainAfterExit = *set
		}
		oneshot.needsOne("start", s.Oneshot.Start, "stop", nil)
	}
	r.checkArgv(s)
}

func (r *reading) needsOne(name string, argv []string, other string, otherArgv []string) {
	if !r.unclear() && (len(argv) == 0) == (len(otherArgv) == 0) {
		r.d.add(expr.Errorf(r.n.at(), "Command missing or ambiguous", "%s needs %s = [...], the command word by word (and not also %s).", r.n.address(), name, other))
	}
}

func (r *reading) checkArgv(s *daemon.Service) {
	var all [][]string
	if s.Process != nil {
		all = append(all, s.Process.Argv, s.Process.Daemon)
	}
	if s.Oneshot != nil {
		all = append(all, s.Oneshot.Start, s.Oneshot.Stop)
	}
	for _, argv := range append(all, s.Prepare, s.Cleanup) {
		if len(argv) > 0 && (argv[0] == "" || slices.ContainsFunc(argv, func(w string) bool { return strings.ContainsRune(w, 0) })) {
			r.d.add(expr.Errorf(r.n.at(), "Invalid command", "%s: the first word of a command is a program, and no word holds a NUL byte.", r.n.address()))
		}
	}
}

func (r *reading) supervision(s *daemon.Service) {
	if p := r.part("readiness"); p != nil {
		s.Readiness = &daemon.Readiness{
			Exec: p.texts("exec"), HTTP: p.public("http"), TCP: p.public("tcp"), Notify: p.flag("notify"), Timeout: p.text("timeout"),
		}
		if fd := p.number("fd"); fd != nil {
			s.Readiness.FD = int(*fd)
		}
		p.oneProbe(s.Readiness)
		p.reachable(s.Readiness)
	}
	if p := r.part("restart"); p != nil {
		s.Restart = &daemon.Restart{Policy: p.text("policy"), Delay: p.text("delay")}
	}
	if p := r.part("stop"); p != nil {
		s.Stop = &daemon.Stop{Signal: p.signal(), Timeout: p.text("timeout"), Kill: p.text("kill")}
	}
	if p := r.part("reload"); p != nil {
		s.Reload = &daemon.Reload{Signal: p.signal(), Command: p.texts("command")}
	}
}

// oneProbe refuses two ways to know that a service is up: no init waits for
// both.
func (r *reading) oneProbe(probe *daemon.Readiness) {
	var given []string
	for _, way := range []struct {
		name string
		is   bool
	}{{"exec", len(probe.Exec) > 0}, {"http", probe.HTTP != ""}, {"tcp", probe.TCP != ""}, {"notify", probe.Notify}, {"fd", probe.FD != 0}} {
		if way.is {
			given = append(given, way.name)
		}
	}
	if len(given) > 1 {
		r.problem(given[1], "Two ways of readiness", "it is known in one way that a service is up, here are %s. Leave one of them.", strings.Join(given, " and "))
	}
}

// reachable refuses a probe that has nowhere to go.
func (r *reading) reachable(probe *daemon.Readiness) {
	if _, _, err := net.SplitHostPort(probe.TCP); probe.TCP != "" && err != nil {
		r.problem("tcp", "Invalid value for tcp", `%q is no address: write HOST:PORT, such as "localhost:8080".`, probe.TCP)
	}
	if u, err := url.Parse(probe.HTTP); probe.HTTP != "" && (err != nil || u.Host == "" || u.Scheme != "http") {
		r.problem("http", "Invalid value for http", `%q is nothing to ask: write http://HOST:PORT/PATH.`, probe.HTTP)
	}
}

func (r *reading) signal() string {
	name := strings.TrimPrefix(r.text("signal"), "SIG")
	if name != "" && !isSignal(name) {
		r.problem("signal", "Invalid value for signal", `there is no signal %q; one is written by its name in capital letters, such as "TERM".%s`, name, expr.DidYouMean(strings.ToUpper(name), signals()))
	}
	return name
}

// limits are numbers or "infinity", by names of setrlimit(2).
func (r *reading) limits() map[string]string {
	limits := r.textMap("limits")
	for _, name := range sortedKeys(limits) {
		if known := daemon.Limits(); !slices.Contains(known, name) {
			r.problem("limits", "Invalid value for limits", "there is no limit %q; see setrlimit(2).%s", name, expr.DidYouMean(name, known))
		}
		if v := limits[name]; v != "infinity" && (v == "" || strings.Trim(v, "0123456789") != "") {
			r.problem("limits", "Invalid value for limits", `%s must be a number or "infinity".`, name)
		}
	}
	return limits
}

func (r *reading) configData(service string) []daemon.ConfigData {
	var out []daemon.ConfigData
	r.eachChild(r.n.typ.Block("config_data"), func(kid *reading) {
		name := kid.n.label
		if strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") || strings.ContainsAny(name, "\x00\n") {
			r.d.add(expr.Errorf(kid.n.at(), "Invalid name", "%q cannot be the name of a config_data file: it is relative and without .. parts.", name))
		}
		v, secret := kid.value("text")
		text := ""
		if !v.IsNull() {
			text = v.AsString()
		}
		out = append(out, daemon.ConfigData{
			Name: name, Path: r.d.ev.configDataPath(service, name), Text: text, OnChange: kid.text("on_change"), Secret: secret,
		})
	})
	return out
}

// configFiles are the entries for the config_data of services, of a user's own
// where one is named.
func (d *decoder) configFiles(user string, services []daemon.Service) []etc.Entry {
	var out []etc.Entry
	for _, s := range services {
		for _, c := range s.ConfigData {
			rel := strings.TrimPrefix(c.Path, "/")
			address := plan.NewAddress(plan.KindFile, c.Path)
			if below, ok := strings.CutPrefix(rel, "etc/"); ok {
				address = plan.NewAddress(plan.KindEtc, below)
			}
			mode := "0644"
			if c.Secret {
				mode = "0600"
			}
			out = append(out, etc.Entry{
				Address: address, Path: rel, Type: etc.File, Mode: mode, User: d.owner(cmp.Or(s.User, user), c), Group: d.group(),
				Content: literalContent([]byte(c.Text), c.Secret), Origin: s.Origin,
			})
		}
	}
	return out
}

// owner lets a service read its own secrets.
func (d *decoder) owner(user string, c daemon.ConfigData) string {
	if own := d.ev.config.options.Personal; own != nil {
		return own.owner("user")
	}
	if c.Secret && user != "" {
		return user
	}
	return "root"
}

func (d *decoder) group() string {
	if own := d.ev.config.options.Personal; own != nil {
		return own.owner("group")
	}
	return "root"
}

func (r *reading) socket() daemon.Socket {
	r.unitNameOK(r.n.label)
	s := daemon.Socket{
		Name: r.n.label, Description: r.public("description"), ListenStream: r.names("listen_stream"), ListenDatagram: r.names("listen_datagram"),
		SocketMode: fourDigits(r.text("socket_mode")), User: r.account("user"), Group: r.account("group"), Service: r.public("service"),
		Accept: r.flag("accept"), Before: r.names("before"), After: r.names("after"), Autostart: r.flag("autostart"),
		Init: r.initSections("Socket"), Origin: r.n.origin(),
	}
	if len(s.ListenStream)+len(s.ListenDatagram)+len(s.Init) == 0 && !r.unclear() {
		r.d.add(expr.Errorf(r.n.at(), "Address missing", "%s listens nowhere: write listen_stream = ... or listen_datagram = ..., a path, a port or HOST:PORT.", r.n.address()))
	}
	return s
}

func (r *reading) timer() daemon.Timer {
	r.unitNameOK(r.n.label)
	t := daemon.Timer{
		Name: r.n.label, Description: r.public("description"), OnCalendar: r.names("on_calendar"), OnBoot: r.public("on_boot"), OnActive: r.public("on_active"),
		Persistent: r.flag("persistent"), Service: r.public("service"), Autostart: r.flag("autostart"), Init: r.initSections("Timer"), Origin: r.n.origin(),
	}
	if len(t.OnCalendar)+len(t.OnBoot)+len(t.OnActive)+len(t.Init) == 0 && !r.unclear() {
		r.d.add(expr.Errorf(r.n.at(), "Time missing", "%s never comes: write on_calendar = ..., on_boot = ... or on_active = ....", r.n.address()))
	}
	return t
}

func (r *reading) target() daemon.Target {
	r.unitNameOK(r.n.label)
	t := daemon.Target{
		Name: r.n.label, Description: r.public("description"), DependsOn: r.names("depends_on"), After: r.names("after"), Before: r.names("before"),
		PartOf: r.names("part_of"), Autostart: r.flag("autostart"), Origin: r.n.origin(),
	}
	if len(t.PartOf) == 0 && t.Autostart {
		t.PartOf = []string{"default"}
	}
	return t
}

func (r *reading) mount() daemon.Mount {
	if !strings.HasPrefix(r.n.label, "/") || slices.Contains(strings.Split(r.n.label, "/"), "..") {
		r.d.add(expr.Errorf(r.n.at(), "Invalid path", "%q cannot be mounted on: it is an absolute path without .. parts.", r.n.label))
	}
	return daemon.Mount{
		Where: r.n.label, What: r.public("what"), Type: r.public("type"), Options: r.names("options"), Before: r.names("before"), Origin: r.n.origin(),
	}
}

// collisions finds two blocks that would make one unit.
func (d *decoder) collisions(out *daemon.Desired) {
	seen := map[string]string{}
	claim := func(unit, address, origin string) {
		if other, twice := seen[unit]; twice {
			d.add(expr.Errorf(d.ev.rangeOfOrigin(origin), "One unit twice", "%s and %s both make the unit %s. Rename one of them.", address, other, unit))
			return
		}
		seen[unit] = address
	}
	for _, s := range out.Services {
		address := "service." + s.Name
		if s.Parent != "" {
			address = "a sub-service of service." + s.Parent
		}
		claim(s.Name+".service", address, s.Origin)
	}
	for _, s := range out.Sockets {
		claim(s.Name+".socket", "socket."+s.Name, s.Origin)
	}
	for _, t := range out.Timers {
		claim(t.Name+".timer", "timer."+t.Name, t.Origin)
	}
	for _, t := range out.Targets {
		claim(t.Name+".target", "target."+t.Name, t.Origin)
	}
	for _, u := range out.Units {
		claim(u.Name, "unit"+quote(u.Name), u.Origin)
	}
	for _, u := range out.Users {
		for _, s := range u.Units.Services {
			unit := u.User + ":" + s.Name + ".service"
			if other, twice := seen[unit]; twice {
				d.add(expr.Errorf(d.ev.rangeOfOrigin(s.Origin), "One unit twice", "user.%s.service.%s and %s are both called %s. Rename one of them.", u.User, s.Name, other, unit))
			}
		}
	}
}
