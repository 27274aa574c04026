package supervise

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// mountName is the path's as systemd.unit(5) has it, so that services name it
// the same on every init, but with _x for the \x before a number: names stand
// in scripts.
func mountName(where string) string {
	var b strings.Builder
	for i, c := range []byte(strings.Trim(path.Clean(where), "/")) {
		switch {
		case c == '/':
			b.WriteByte('-')
		case c == '.' && i == 0, !strings.ContainsRune(plainInNames, rune(c)):
			fmt.Fprintf(&b, "_x%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	return cmp.Or(b.String(), "-") + keep.MountSuffix
}

const plainInNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_."

// mountService is the oneshot that mounts by mount(8) and takes it back by
// umount(8).
func mountService(m daemon.Mount) keep.Spec {
	argv := []string{"mount"}
	switch m.Type {
	case "":
	case "bind", "rbind":
		argv = append(argv, "--"+m.Type)
	default:
		argv = append(argv, "-t", m.Type)
	}
	if len(m.Options) > 0 {
		argv = append(argv, "-o", strings.Join(m.Options, ","))
	}
	return keep.Spec{
		Mount: m.Where,
		Service: daemon.Service{
			Name: mountName(m.Where), Description: "Mount of " + m.Where, Origin: m.Origin,
			Oneshot: &daemon.Oneshot{Start: append(argv, "--", m.What, m.Where), Stop: []string{"umount", "--", m.Where}, RemainAfterExit: true},
			Prepare: []string{"mkdir", "-p", "--", m.Where},
			Before:  m.Before, PartOf: []string{bootBundle}, Autostart: true, RestartIfChanged: true,
		},
	}
}

// addMounts makes the services of mounts. One comes after those that its path,
// or the path that it binds, is on.
func (r *resolver) addMounts(mounts []daemon.Mount) error {
	for _, m := range mounts {
		spec := mountService(m)
		if _, taken := r.services[spec.Name]; taken {
			return fmt.Errorf("%scannot mount on %s: there is another %s", place(m.Origin), m.Where, spec.Name)
		}
		for _, other := range mounts {
			on := path.Clean(other.Where)
			if below(path.Clean(m.Where), on) || path.Clean(m.What) == on && on != path.Clean(m.Where) || below(path.Clean(m.What), on) {
				spec.DependsOn = append(spec.DependsOn, mountName(other.Where))
			}
		}
		r.services[spec.Name] = &spec
	}
	return nil
}

// below tells whether a clean path is inside of a directory.
func below(p, dir string) bool {
	return strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") && p != dir
}

// unmounted tells whether a service that mounts is up, and somebody took the
// mount away meanwhile.
func (e *Engine) unmounted(s keep.Status) bool {
	if !s.Running() || path.Ext(s.Name) != keep.MountSuffix {
		return false
	}
	spec, err := e.opts.Dirs.Spec(s.Name)
	return err == nil && spec.Mount != "" && !keep.Mounted(path.Clean(spec.Mount))
}
