package daemon

// Desired is everything the configuration hands to the init, each list sorted
// by name. Names are unique over services, sockets, timers and targets of the
// same resulting unit.
type Desired struct {
	Services []Service `json:"services,omitempty"`
	Sockets  []Socket  `json:"sockets,omitempty"`
	Timers   []Timer   `json:"timers,omitempty"`
	Targets  []Target  `json:"targets,omitempty"`
	Mounts   []Mount   `json:"mounts,omitempty"`
	Units    []Unit    `json:"units,omitempty"`
	// Users are the units of single users' own managers.
	Users []UserUnits `json:"users,omitempty"`
	// Environment is for user services and login shells: the `environment`
	// block's variables.
	Environment map[string]string `json:"environment,omitempty"`
	// Init is the init that this was handed to, in a record; empty means
	// systemd, or that it is no record.
	Init string `json:"init,omitempty"`
	// Places are the directories that the configuration says an init keeps its
	// things in, by init.
	Places map[string]string `json:"places,omitempty"`
}

// UserUnits is what the manager of one user runs, as that user.
type UserUnits struct {
	User  string  `json:"user"`
	Units Desired `json:"units"`
}

// Service is one portable service, DESIGN 2.6. Sub-services are flattened:
// "parent-child", with Parent set.
type Service struct {
	Name        string `json:"name"`
	Parent      string `json:"parent,omitempty"`
	Description string `json:"description,omitempty"`
	// Exactly one of Process and Oneshot is set; neither is a bundle.
	Process *Process `json:"process,omitempty"`
	Oneshot *Oneshot `json:"oneshot,omitempty"`

	// Environment is byte-exact, on top of a fixed minimal PATH, HOME, USER.
	Environment      map[string]string `json:"environment,omitempty"`
	User             string            `json:"user,omitempty"`
	Group            string            `json:"group,omitempty"`
	WorkingDirectory string            `json:"working_directory,omitempty"`
	// Umask is three or four octal digits, or empty for the init's own.
	Umask string `json:"umask,omitempty"`
	// Nice is -20 to 19.
	Nice *int `json:"nice,omitempty"`
	// Limits maps setrlimit(2) names in lower case without RLIMIT_ ("nofile")
	// to a decimal number or "infinity".
	Limits map[string]string `json:"limits,omitempty"`

	DependsOn  []string `json:"depends_on,omitempty"`
	Wants      []string `json:"wants,omitempty"`
	After      []string `json:"after,omitempty"`
	Before     []string `json:"before,omitempty"`
	RequiredBy []string `json:"required_by,omitempty"`
	// PartOf names the bundles that start it; ["default"] is the init's
	// normal boot target.
	PartOf    []string `json:"part_of,omitempty"`
	Autostart bool     `json:"autostart"`

	Readiness *Readiness `json:"readiness,omitempty"`
	Restart   *Restart   `json:"restart,omitempty"`
	Stop      *Stop      `json:"stop,omitempty"`
	Reload    *Reload    `json:"reload,omitempty"`
	// Prepare runs before the start and Cleanup after the stop, each one argv.
	Prepare []string `json:"prepare,omitempty"`
	Cleanup []string `json:"cleanup,omitempty"`

	RestartIfChanged bool     `json:"restart_if_changed"`
	ReloadIfChanged  bool     `json:"reload_if_changed,omitempty"`
	StopIfChanged    bool     `json:"stop_if_changed,omitempty"`
	RestartTriggers  []string `json:"restart_triggers,omitempty"`
	ReloadTriggers   []string `json:"reload_triggers,omitempty"`
	IgnoreFailure    bool     `json:"ignore_failure,omitempty"`
	// Sandbox is "" or "strict".
	Sandbox string `json:"sandbox,omitempty"`

	ConfigData []ConfigData `json:"config_data,omitempty"`
	// Init holds the specific sub-blocks, init name to section (or "") to
	// key to values in order: systemd {} is Init["systemd"]["Service"]["IOWeight"].
	Init   map[string]Sections `json:"init,omitempty"`
	Origin string              `json:"origin,omitempty"`
}

// Sections is an init's own settings: section, key, values in order. A key
// with several values is repeated.
type Sections map[string]map[string][]string

// Process is a command that keeps running: Argv in the foreground, or Daemon
// for one that forks and writes PIDFile. Argv is raw, no shell.
type Process struct {
	Argv    []string `json:"argv,omitempty"`
	Daemon  []string `json:"daemon,omitempty"`
	PIDFile string   `json:"pid_file,omitempty"`
}

// Oneshot is a command that runs once per boot and again when it changes, with
// an optional one that takes it back.
type Oneshot struct {
	Start []string `json:"start,omitempty"`
	Stop  []string `json:"stop,omitempty"`
	// RemainAfterExit is false for a oneshot that a timer runs.
	RemainAfterExit bool `json:"remain_after_exit"`
}

// Readiness says how it is known that the service is up; at most one way is
// set. Timeout is as Go writes durations; empty means 90s.
type Readiness struct {
	Exec    []string `json:"exec,omitempty"`
	HTTP    string   `json:"http,omitempty"`
	TCP     string   `json:"tcp,omitempty"`
	Notify  bool     `json:"notify,omitempty"`
	FD      int      `json:"fd,omitempty"`
	Timeout string   `json:"timeout,omitempty"`
}

// Restart says when an exited process is started again.
type Restart struct {
	// Policy is "always", "on-failure" or "never".
	Policy string `json:"policy,omitempty"`
	Delay  string `json:"delay,omitempty"`
}

// Stop says how a service is stopped.
type Stop struct {
	// Signal is a name without SIG: "TERM".
	Signal  string `json:"signal,omitempty"`
	Timeout string `json:"timeout,omitempty"`
	// Kill is "group" (default when empty) or "process".
	Kill string `json:"kill,omitempty"`
}

// Reload says how a running service is told to read its configuration again.
type Reload struct {
	Signal  string   `json:"signal,omitempty"`
	Command []string `json:"command,omitempty"`
}

// ConfigData is a file that goes with a service at a stable path.
type ConfigData struct {
	Name string `json:"name"`
	// Path is absolute, inside the root.
	Path string `json:"path"`
	Text string `json:"text"`
	// OnChange is "none" (default when empty), "reload" or "restart".
	OnChange string `json:"on_change,omitempty"`
	Secret   bool   `json:"secret,omitempty"`
}

// Socket is a listening socket the init holds for a service.
type Socket struct {
	Name           string   `json:"name"`
	Description    string   `json:"description,omitempty"`
	ListenStream   []string `json:"listen_stream,omitempty"`
	ListenDatagram []string `json:"listen_datagram,omitempty"`
	// SocketMode is four octal digits; empty means 0666.
	SocketMode string `json:"socket_mode,omitempty"`
	User       string `json:"user,omitempty"`
	Group      string `json:"group,omitempty"`
	// Service is the service it starts; empty means the one of its own name.
	Service   string              `json:"service,omitempty"`
	Accept    bool                `json:"accept,omitempty"`
	Before    []string            `json:"before,omitempty"`
	After     []string            `json:"after,omitempty"`
	Autostart bool                `json:"autostart"`
	Init      map[string]Sections `json:"init,omitempty"`
	Origin    string              `json:"origin,omitempty"`
}

// Timer starts a service at times, systemd.time(7) expressions.
type Timer struct {
	Name        string              `json:"name"`
	Description string              `json:"description,omitempty"`
	OnCalendar  []string            `json:"on_calendar,omitempty"`
	OnBoot      string              `json:"on_boot,omitempty"`
	OnActive    string              `json:"on_active,omitempty"`
	Persistent  bool                `json:"persistent,omitempty"`
	Service     string              `json:"service,omitempty"`
	Autostart   bool                `json:"autostart"`
	Init        map[string]Sections `json:"init,omitempty"`
	Origin      string              `json:"origin,omitempty"`
}

// Target is a bundle that others are PartOf.
type Target struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	DependsOn   []string `json:"depends_on,omitempty"`
	After       []string `json:"after,omitempty"`
	Before      []string `json:"before,omitempty"`
	PartOf      []string `json:"part_of,omitempty"`
	Autostart   bool     `json:"autostart"`
	Origin      string   `json:"origin,omitempty"`
}

// Mount is a mounted file system. Where is absolute, inside the root.
type Mount struct {
	Where   string   `json:"where"`
	What    string   `json:"what"`
	Type    string   `json:"type,omitempty"`
	Options []string `json:"options,omitempty"`
	// Before names units (with suffix) or services that need it.
	Before []string `json:"before,omitempty"`
	Origin string   `json:"origin,omitempty"`
}

// Unit is a unit file as the init reads it, for what the typed blocks do not
// cover. Name has its suffix. One of Sections and Text is set; an empty Text
// masks the unit.
type Unit struct {
	Name     string   `json:"name"`
	Sections Sections `json:"sections,omitempty"`
	Text     *string  `json:"text,omitempty"`
	Origin   string   `json:"origin,omitempty"`
}
