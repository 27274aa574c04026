package schema

import "github.com/zclconf/go-cty/cty"

// Inits are the inits that a service may have a block of its own for.
func Inits() []string {
	return []string{"systemd", "sysvinit", "supervisord", "s6", "s6-rc", "openrc", "runit", "finit"}
}

func freeformBlocks() []*Block {
	var out []*Block
	for _, name := range Inits() {
		out = append(out, &Block{
			Name: name, Freeform: true,
			Description: "Settings only for " + name + ", over what the portable part gives: KEY = value, or SECTION = { KEY = value }.",
		})
	}
	return out
}

func single(name, description string, options ...*Option) *Block {
	return &Block{Name: name, Description: description, Options: options}
}

func commandOpt(name, description, example string) *Option {
	return opt(name, kind(command), description, example)
}

func duration(name, description, example string) *Option {
	return opt(name, kind(Duration), description, example)
}

// serviceBlock describes a service; a sub-service has the same options and no
// further sub-services.
func serviceBlock(top bool) *Block {
	b := labelled("service", "name", "A supervised process, the same under every init.", serviceOptions()...)
	b.Blocks = append(serviceParts(), freeformBlocks()...)
	b.Computed = []*Computed{{Name: "unit", Description: "The name of its unit, with the parent's before it for a sub-service."}}
	if top {
		sub := serviceBlock(false)
		sub.Description = "A sub-service: a unit of its own, PARENT-CHILD."
		b.Blocks = append(b.Blocks, sub)
	}
	return b
}

// userUnits are the blocks of a user for the user's own manager.
func userUnits() []*Block {
	service, socket, timer, target := serviceBlock(true), socketBlock(), timerBlock(), targetBlock()
	service.Description = "A service of the user's own: it runs as the user, from the login on, or always with `linger`."
	socket.Description = "A socket that the user's own manager holds for a service of the user."
	timer.Description = "Starts a service of the user at times."
	target.Description = "A bundle that services of the user are part of."
	return []*Block{service, socket, timer, target}
}

func serviceOptions() []*Option {
	return []*Option{
		opt("name", kind(String), "The name; the label when it is not set.", `"web"`),
		opt("description", kind(String), "One line on what it is.", `"Front end"`),
		by(opt("environment", mapOf(kind(String)), "Variables and their values, byte for byte.", `{ PORT = "8080" }`), cty.MapValEmpty(cty.String), "{}"),
		opt("user", kind(reference), "The user it runs as.", `"web"`),
		opt("group", kind(reference), "The group it runs as.", `"web"`),
		opt("working_directory", kind(Path), "The directory it starts in.", `"/srv/web"`),
		opt("umask", kind(Mode), "The file mode creation mask.", `"0027"`),
		opt("nice", whole(-20, 19), "The scheduling priority, -20 (first) to 19.", "5"),
		by(opt("limits", mapOf(kind(String)), `Resource limits by setrlimit(2) names: a number or "infinity".`, `{ nofile = 4096 }`), cty.MapValEmpty(cty.String), "{}"),
		texts("depends_on", "Services that must be up before it, and that it stops with.", `["db"]`),
		texts("wants", "Services that are started with it.", `["cache"]`),
		texts("after", "Services or units that start before it when both start.", `["network.target"]`),
		texts("before", "Services or units that start after it when both start.", `["proxy"]`),
		texts("required_by", "Services that need it.", `["proxy"]`),
		texts("part_of", `The bundles that start it; "default" is the normal boot. That is the default with autostart.`, `["default"]`),
		opt("autostart", kind(Bool), "Starts it at switch and at boot. False by default where a socket or timer starts it.", "false"),
		texts("restart_triggers", "Values whose change restarts it.", `[etc["app.conf"].sha256]`),
		texts("reload_triggers", "Values whose change reloads it.", `[etc["app.conf"].sha256]`),
		flag("restart_if_changed", "Restarts it when its definition changed.", true),
		flag("reload_if_changed", "Reloads it instead of a restart when its definition changed.", false),
		flag("stop_if_changed", "Stops it with the old files before anything changes, then starts it.", false),
		flag("ignore_failure", "Does not count its failure to start.", false),
		opt("sandbox", enum("strict"), "Confines it with everything the init offers.", `"strict"`),
		commandOpt("prepare", "Runs before each start.", `["/bin/mkdir", "-p", "/run/web"]`),
		commandOpt("cleanup", "Runs after each stop.", `["/bin/rm", "-rf", "/run/web"]`),
	}
}

func serviceParts() []*Block {
	configData := labelled("config_data", "name", "A file that goes with the service, at a path that stays the same.",
		opt("name", kind(String), "The file's name; the label when it is not set.", `"app.conf"`),
		required(opt("text", kind(String), "The content.", `"port = 8080\n"`)),
		by(opt("on_change", enum("none", "reload", "restart"), "What the service does when the content changed.", `"reload"`), cty.StringVal("none"), `"none"`),
	)
	configData.Computed = []*Computed{{Name: "path", Description: "The absolute path of the file."}, sha256()}
	return []*Block{
		single("process", "A command that keeps running.",
			commandOpt("argv", "The command in the foreground, word by word; no shell is involved.", `["/usr/sbin/nginx", "-g", "daemon off;"]`),
			commandOpt("daemon", "A command that goes to the background by itself.", `["/usr/sbin/sshd"]`),
			opt("pid_file", kind(Path), "Where `daemon` writes its process id.", `"/run/sshd.pid"`)),
		single("oneshot", "A command that runs once per boot, and again when it changed.",
			commandOpt("start", "What it does.", `["/sbin/modprobe", "loop"]`),
			commandOpt("stop", "What takes it back.", `["/sbin/rmmod", "loop"]`),
			opt("remain_after_exit", kind(Bool), "Counts as up after it ran. False by default behind a timer.", "false")),
		single("readiness", "How it is known that the service is up.",
			commandOpt("exec", "A command that succeeds when it is up.", `["/usr/bin/pg_isready"]`),
			opt("http", kind(String), "A URL that answers with success when it is up.", `"http://localhost:8080/health"`),
			opt("tcp", kind(String), "HOST:PORT that accepts a connection when it is up.", `"localhost:5432"`),
			opt("notify", kind(Bool), "The process says so by sd_notify(3).", "true"),
			opt("fd", whole(0, 1024), "The process writes a newline to this descriptor.", "3"),
			duration("timeout", "How long to wait for it.", `"30s"`)),
		single("restart", "When an ended process is started again.",
			opt("policy", enum("always", "on-failure", "never"), "When.", `"always"`),
			duration("delay", "How long to wait before.", `"5s"`)),
		single("stop", "How the service is stopped.",
			opt("signal", kind(String), "The signal, without SIG.", `"TERM"`),
			duration("timeout", "How long to wait before it is killed.", `"90s"`),
			opt("kill", enum("group", "process"), "Who gets the signal: every process of it, or the main one.", `"process"`)),
		single("reload", "How a running service reads its configuration again.",
			opt("signal", kind(String), "The signal, without SIG.", `"HUP"`),
			commandOpt("command", "A command that does it.", `["/usr/sbin/nginx", "-s", "reload"]`)),
		configData,
	}
}

func socketBlock() *Block {
	b := labelled("socket", "name", "A listening socket that the init holds for a service.",
		opt("name", kind(String), "The name; the label when it is not set.", `"web"`),
		opt("description", kind(String), "One line on what it is.", `"Front end's socket"`),
		oneOrMany("listen_stream", "Addresses, one or a list: a path, a port, or HOST:PORT.", `["/run/web.sock", "8080"]`),
		oneOrMany("listen_datagram", "Addresses for datagrams, one or a list.", `["514"]`),
		opt("socket_mode", kind(Mode), "The mode of a socket file.", `"0660"`),
		opt("user", kind(reference), "The owner of a socket file.", `"web"`),
		opt("group", kind(reference), "The group of a socket file.", `"web"`),
		opt("service", kind(String), "The service it starts. Without it, the one of its own name.", `"web"`),
		flag("accept", "Starts one instance for each connection.", false),
		texts("before", "Units that start after it.", `["multi-user.target"]`),
		texts("after", "Units that start before it.", `["network.target"]`),
		flag("autostart", "Listens from boot on.", true))
	b.Blocks = freeformBlocks()
	return b
}

func timerBlock() *Block {
	b := labelled("timer", "name", "Starts a service at times.",
		opt("name", kind(String), "The name; the label when it is not set.", `"backup"`),
		opt("description", kind(String), "One line on what it is.", `"Nightly backup"`),
		oneOrMany("on_calendar", "Times as systemd.time(7) writes them, one or a list.", `["daily"]`),
		duration("on_boot", "The time after boot.", `"5m"`),
		duration("on_active", "The time after the timer was started.", `"1h"`),
		flag("persistent", "Makes up for a time that passed while the host was off.", false),
		opt("service", kind(String), "The service it starts. Without it, the one of its own name.", `"backup"`),
		flag("autostart", "Runs from boot on.", true))
	b.Blocks = freeformBlocks()
	return b
}

func targetBlock() *Block {
	return labelled("target", "name", "A bundle that others are part of.",
		opt("name", kind(String), "The name; the label when it is not set.", `"apps"`),
		opt("description", kind(String), "One line on what it is.", `"All applications"`),
		texts("depends_on", "What must be up before it.", `["db"]`),
		texts("after", "What starts before it when both start.", `["network.target"]`),
		texts("before", "What starts after it when both start.", `["proxy"]`),
		texts("part_of", "The bundles that start it.", `["default"]`),
		flag("autostart", "Starts it at boot.", true))
}

func unitBlock() *Block {
	return labelled("unit", "name", "A unit file for what the other blocks do not cover.",
		opt("name", kind(String), "The name with its suffix; the label when it is not set.", `"web.slice"`),
		by(opt("sections", mapOf(mapOf(kind(Any))), "Sections of keys; a list repeats its key.", `{ Slice = { CPUWeight = "50" } }`),
			cty.EmptyObjectVal, "{}"),
		opt("text", kind(String), "The file as it is; an empty one masks the unit.", `""`))
}

func snippetBlock() *Block {
	return labelled("snippet", "name", "A piece of work of the configuration's own in the pipeline.",
		opt("name", kind(String), "The name; the label when it is not set.", `"migrate"`),
		texts("after", "Steps it runs after: groups, users, directories, etc, files, symlinks, mounts, or snippets.", `["etc"]`),
		texts("before", "Steps it runs before.", `["users"]`),
		opt("script", kind(String), "What the interpreter runs. Of `script` and `argv` one is set.", `"touch /run/hello"`),
		commandOpt("argv", "A command, word by word.", `["/usr/bin/update-ca-certificates"]`),
		by(opt("interpreter", listOf(kind(String)), "What runs the script.", `["/usr/bin/python3"]`),
			cty.ListVal([]cty.Value{cty.StringVal("/bin/sh"), cty.StringVal("-eu")}), `["/bin/sh", "-eu"]`),
		by(opt("environment", mapOf(kind(String)), "Variables and their values.", `{ LANG = "C" }`), cty.MapValEmpty(cty.String), "{}"),
		by(opt("dry_run", enum("skip", "run"), "What a plan does with it.", `"run"`), cty.StringVal("skip"), `"skip"`),
		by(opt("on_failure", enum("abort", "continue"), "What the run does when it fails.", `"continue"`), cty.StringVal("abort"), `"abort"`),
		flag("at_boot", "Runs at boot too.", false),
		texts("triggers", "With them a switch runs it only when one of them, or the snippet, differs from its last run that ended well.", `[etc["app.conf"].sha256]`),
		duration("timeout", "How long it may take until it, and all that it started, is killed; 5m where nothing is said.", `"10m"`))
}

func assertBlock(name string) *Block {
	description := "A condition without which nothing is done."
	if name == "warning" {
		description = "A condition without which a warning is shown at every run."
	}
	return &Block{Name: name, Separate: true, Description: description, Options: []*Option{
		required(opt("condition", kind(Bool), "What must be true.", "host.memory_mb >= 512")),
		required(opt("message", kind(String), "What is shown when it is not.", `"This host is too small."`)),
	}}
}

func activationBlock() *Block {
	return &Block{Name: "activation", Description: "How a switch goes about it.", Options: []*Option{
		opt("on_unit_failure", enum("keep", "rollback"), "Goes back to the previous generation when a unit fails.", `"rollback"`),
		opt("stopped_units", enum("start", "keep"), "What happens to a unit that should run and was stopped by hand.", `"keep"`),
		opt("boot_attempts", whole(0, 100), "How often a generation may fail to boot before the previous one is taken; 0 is no limit.", "3"),
		opt("keep_generations", whole(1, 1_000_000), "How many generations there may be: a switch that makes one deletes the oldest. The current one, the boot default and, with boot_attempts, another one to go back to always stay.", "20"),
		duration("keep_generations_for", "The age at which a switch that makes a generation deletes others.", `"720h"`),
	}}
}

func initBlock() *Block {
	return &Block{Name: "init", Labelled: true, Description: "Where an init keeps its things.", Options: []*Option{
		opt("scan_dir", kind(Path), "The directory that its supervisor watches.", `"/run/service"`),
	}}
}
