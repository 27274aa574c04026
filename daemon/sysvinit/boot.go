package sysvinit

import (
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/supervise"
)

// Boot is a script of the runlevel S, which ends before others begin.
func (m *Manager) Boot(argv []string) supervise.Native {
	text := fmt.Sprintf(`#!/bin/sh
### BEGIN INIT INFO
# Provides:          %[1]s
# Required-Start:    $local_fs
# Required-Stop:
# Default-Start:     S
# Default-Stop:
# Short-Description: Re-apply the boot generation of activate
### END INIT INFO
# Written by activate.
case "$1" in
start) exec %[2]s ;;
esac
`, supervise.BootUnit, supervise.Line(argv))
	return m.entry(supervise.BootUnit, text, "S")
}

// Booted is a script of the runlevels with services, after all others. It leaves
// its command running: the consoles come after it.
func (m *Manager) Booted(argv []string) supervise.Native {
	text := fmt.Sprintf(`#!/bin/sh
### BEGIN INIT INFO
# Provides:          %[1]s
# Required-Start:    $all
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Tell whether the boot generation of activate came up
### END INIT INFO
# Written by activate.
case "$1" in
start) setsid %[2]s </dev/null >/dev/null 2>&1 & ;;
esac
`, supervise.BootedUnit, supervise.Line(argv))
	return m.entry(supervise.BootedUnit, text, "2", "3", "4", "5")
}

// entry is a script that starts last in runlevels.
func (m *Manager) entry(name, text string, levels ...string) supervise.Native {
	n := supervise.Native{
		Parts: []daemon.Part{{Path: path.Join(rootfs.Rel(m.dir), name), Content: []byte(text), Mode: 0o755}},
		Links: map[string]string{},
	}
	for _, level := range levels {
		n.Links["etc/rc"+level+".d/S99"+name] = "../init.d/" + name
	}
	return n
}
