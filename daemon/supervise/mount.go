package supervise

import (
	"path"
	"strings"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// mountService is the oneshot that mounts by mount(8) and takes it back by
// umount(8). Its name is the path's as systemd.mount(5) has it, so that
// services name it the same on every init.
func mountService(m daemon.Mount) keep.Spec {
	name := strings.ReplaceAll(strings.Trim(path.Clean(m.Where), "/"), "/", "-")
	if name == "" {
		name = "-"
	}
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
			Name: name + keep.MountSuffix, Description: "Mount of " + m.Where, Origin: m.Origin,
			Oneshot: &daemon.Oneshot{Start: append(argv, "--", m.What, m.Where), Stop: []string{"umount", "--", m.Where}, RemainAfterExit: true},
			Prepare: []string{"mkdir", "-p", "--", m.Where},
			Before:  m.Before, PartOf: []string{bootBundle}, Autostart: true, RestartIfChanged: true,
		},
	}
}

// unmounted tells whether a service that mounts is up, and somebody took the
// mount away meanwhile.
func (e *Engine) unmounted(s keep.Status) bool {
	if !s.Running() || path.Ext(s.Name) != keep.MountSuffix {
		return false
	}
	spec, err := e.opts.Dirs.Spec(s.Name)
	return err == nil && spec.Mount != "" && !keep.Mounted(spec.Mount)
}
