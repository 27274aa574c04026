package modules

import (
	"path"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// Personal is where an ordinary user's own configuration has its things: the
// home, and the absolute directories of the XDG Base Directory Specification.
type Personal struct {
	Home string
	// State, Cache, Config and Runtime are $XDG_STATE_HOME, $XDG_CACHE_HOME,
	// $XDG_CONFIG_HOME and $XDG_RUNTIME_DIR.
	State, Cache, Config, Runtime string
	// UID and GID own all that the configuration makes.
	UID, GID uint32
}

func (p *Personal) equal(o *Personal) bool {
	if p == nil || o == nil {
		return p == o
	}
	return *p == *o
}

// dir is what dirs.NAME is where nobody says otherwise.
func (p *Personal) dir(name string) string {
	switch name {
	case "state":
		return p.State
	case "cache":
		return p.Cache
	case "runtime":
		return p.Runtime
	}
	return path.Join(p.State, name)
}

// owner: whoever a configuration names, all is the user's own.
func (p *Personal) owner(kind string) string {
	id := p.UID
	if kind == "group" {
		id = p.GID
	}
	return strconv.FormatUint(uint64(id), 10)
}

// holds tells whether the user's things may be at abs.
func (p *Personal) holds(abs string) bool {
	for _, dir := range []string{p.Home, p.State, p.Cache, p.Config, p.Runtime} {
		if dir != "" && underOf(strings.TrimPrefix(abs, "/"), strings.TrimPrefix(dir, "/")) {
			return true
		}
	}
	return false
}

// personal finds what only the whole host's configuration may say.
func (d *decoder) personal() {
	own := d.ev.config.options.Personal
	if own == nil {
		return
	}
	for _, typ := range []string{"user", "group"} {
		d.each(typ, func(r *reading) {
			found := expr.Errorf(r.n.at(), "Ignored with --user",
				"%s: accounts are the host's and stay as they are; all services run as you. Say when = false here, or apply the configuration as root and without --user.", r.n.address())
			found[0].Severity = diagnostic.Warning
			d.add(found)
		})
	}
	d.each("etc", func(r *reading) {
		d.add(expr.Errorf(r.n.at(), "Not with --user",
			"%s: files below /etc are the host's. Use a file block with a path in %s, or apply the configuration as root and without --user.", r.n.address(), own.Home))
	})
	d.each("mount", func(r *reading) {
		d.add(expr.Errorf(r.n.at(), "Not with --user",
			"%s: file systems are mounted for the whole host. Apply the configuration as root and without --user.", r.n.address()))
	})
	for _, typ := range []string{"file", "directory", "symlink"} {
		d.each(typ, func(r *reading) {
			if !own.holds(path.Clean(r.n.label)) {
				d.add(expr.Errorf(r.n.at(), "Not with --user",
					"%s: it is outside of %s, and --user changes nothing else. Choose a path in there, as with dirs.state, or apply the configuration as root and without --user.", r.n.address(), own.Home))
			}
		})
	}
}

// environment are the files for the user's services (environment.d(5)), and
// for the login shells that read it from ~/.profile.
func (p *Personal) environment(variables map[string]string, shell, origin string) []etc.Entry {
	file := func(name, text string) etc.Entry {
		full := path.Join(p.Config, name)
		return etc.Entry{
			Address: plan.NewAddress(plan.KindFile, full), Path: strings.TrimPrefix(full, "/"), Type: etc.File, Mode: "0644",
			User: p.owner("user"), Group: p.owner("group"), Content: literalContent([]byte(text), false), Origin: origin,
		}
	}
	return []etc.Entry{
		file("activate/profile.sh", profile(variables, shell)),
		file("environment.d/50-activate.conf", environmentD(variables)),
	}
}

// environmentD is a file of environment.d(5), where $ begins an expansion.
func environmentD(variables map[string]string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$\$`)
	var b strings.Builder
	b.WriteString("# Made by activate; changes are lost.\n")
	for _, name := range sortedKeys(variables) {
		b.WriteString(name + `="` + escape.Replace(variables[name]) + "\"\n")
	}
	return b.String()
}
