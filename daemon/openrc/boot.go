package openrc

import (
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/supervise"
)

// mounting is the runlevel in which file systems are mounted: "boot", but on
// Debian, which never enters it.
func (m *Manager) mounting() string {
	if _, err := m.opts.Root.Lstat(path.Join(rootfs.Rel(runlevels), "sysinit/mountall.sh")); err == nil {
		return "sysinit"
	}
	return "boot"
}

// Boot is a script of the runlevel that mounts, which ends before others
// begin.
func (m *Manager) Boot(argv []string) supervise.Native {
	text := fmt.Sprintf(`#!/sbin/openrc-run
# Written by activate.
description="Re-apply the boot generation of activate"

depend() {
	use localmount mountall
	after bootmisc mountall-bootclean mountnfs-bootclean
	before net
}

start() {
	ebegin "Re-applying the boot generation"
	%s
	eend $?
}
`, supervise.Line(argv))
	return entry(supervise.BootUnit, text, m.mounting())
}

// Booted is a script of the services' runlevel, after all others. It leaves its
// command running: the runlevel is not to wait for it.
func (m *Manager) Booted(argv []string) supervise.Native {
	text := fmt.Sprintf(`#!/sbin/openrc-run
# Written by activate.
description="Tell whether the boot generation of activate came up"

depend() {
	after *
}

start() {
	setsid %s </dev/null >/dev/null 2>&1 &
	return 0
}
`, supervise.Line(argv))
	return entry(supervise.BootedUnit, text, m.level)
}

func entry(name, text, level string) supervise.Native {
	return supervise.Native{
		Parts: []daemon.Part{{Path: path.Join(rootfs.Rel(scripts), name), Content: []byte(text), Mode: 0o755}},
		Links: map[string]string{path.Join(rootfs.Rel(runlevels), level, name): path.Join(scripts, name)},
	}
}
