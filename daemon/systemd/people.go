package systemd

import (
	"fmt"
	"path"
	"strconv"

	"github.com/activate-agent/activate/daemon"
)

// ForUser gives the manager of another user as root sees it. Its units are
// root's, in daemon.UserDir, from where Generator links them into the manager's
// own directory. uid gives false while there is no account, or where no manager
// can be running.
func ForUser(name string, uid func() (uint32, bool)) *Systemd {
	u := &user{
		called:  "the systemd of " + name,
		uid:     uid,
		runtime: func(uid uint32) string { return path.Join("/run/user", strconv.FormatUint(uint64(uid), 10)) },
	}
	in := userScope(u, daemon.UserDir(name))
	in.prefix = name + ":"
	return &Systemd{scope: in}
}

// generatorPath is where managers of users look for programs that give them
// units, systemd.generator(7).
const generatorPath = "etc/systemd/user-generators/activate"

// Generator gives the program by which a user's manager finds the units that
// root keeps for this user alone: in directories that systemd.unit(5) names
// they would be every user's.
func Generator() daemon.File {
	text := fmt.Sprintf(`#!/bin/sh
# Written by activate: links the units that the host's configuration has for
# this user, see systemd.generator(7).
name=$(id -un 2>/dev/null) || exit 0
for unit in "/%s/$name"/*; do
	[ ! -e "$unit" ] || ln -s "$unit" "$1/"
done
`, path.Dir(daemon.UserDir("x")))
	return daemon.File{Path: generatorPath, Content: []byte(text), Mode: 0o755}
}

// UserManager is the host's unit that a user's manager runs in.
func UserManager(uid uint32) string {
	return "user@" + strconv.FormatUint(uint64(uid), 10) + ".service"
}
