package modules

import (
	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/users"
)

// Diagnostics are the findings of one call; see package diagnostic for their
// text and JSON forms.
type Diagnostics = diagnostic.List

// Diagnostic is one finding with position, cause and way out.
type Diagnostic = diagnostic.Diagnostic

// Range is a stretch of one configuration file.
type Range = diagnostic.Range

// Options say what to load and what it may read.
type Options struct {
	// Path is one .hcl file, or a directory whose *.hcl files are read
	// together in name order.
	Path string
	// Sets are the command line's K=V definitions. They have the priority of
	// force().
	Sets []string
	// Host is what `host.*` gives.
	Host Host
	// Personal is set for an ordinary user's own configuration; nil means the
	// whole host: dirs.state is /var and config_data is below
	// /etc/activate/services.
	Personal *Personal
}

// Host is the facts a configuration may read as `host.*`.
type Host struct {
	Hostname string
	// Arch is Go's name: "amd64".
	Arch string
	// Kernel is the release uname(2) gives.
	Kernel string
	// Init is the init that the hand-off will use: "systemd", "s6", "none"…
	Init string
	// OSID and OSVersionID are ID and VERSION_ID of os-release(5).
	OSID        string
	OSVersionID string
	CPUs        int
	MemoryMB    int
}

// System is the evaluated desired state, every list sorted by its name.
type System struct {
	Users    users.Desired
	Etc      etc.Desired
	Daemon   daemon.Desired
	Snippets []activation.Snippet
	Settings activation.Settings
	// Inits is the `init` blocks by init name.
	Inits map[string]InitSettings
	// Files is every configuration file that was read, in reading order.
	Files []SourceFile
	// Sensitive says that the configuration holds secrets, so that the record
	// and its copy of Files are for root alone.
	Sensitive bool
}

// InitSettings is one `init "NAME"` block: where that init keeps its things.
type InitSettings struct {
	// ScanDir is the directory the init's supervisor watches; empty means
	// that it is found from the running one.
	ScanDir string `json:"scan_dir,omitempty"`
}

// SourceFile is one configuration file: its name as the user would write it
// and its bytes.
type SourceFile struct {
	Name  string
	Bytes []byte
	// Builtin says that the file is a part of the program.
	Builtin bool
}
