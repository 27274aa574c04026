package supervise

import (
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
)

// starter is a manager that is a process, which somebody has to start.
type starter interface {
	// Login is the command that runs the manager, in the foreground.
	Login() []string
}

// LoginEntry gives the file that an ordinary user's login shell reads to have
// services: it starts the manager unless it runs, has activate (a command line
// that verbs and their flags are added to) re-apply the boot generation, and
// starts what no manager would.
func (e *Engine) LoginEntry(activate []string) daemon.File {
	file := path.Join(e.opts.Own.Config, "login.sh")
	verb := func(words ...string) string { return Line(append(append([]string{}, activate...), words...)) }
	text := fmt.Sprintf("# Written by activate. Read it in ~/.profile to have your services with the login:\n#   . %s\n", Quote(file))
	if m, ok := e.manager.(starter); ok {
		text += fmt.Sprintf(`if ! %[1]s >/dev/null 2>&1; then
	mkdir -p %[2]s
	setsid %[3]s >>%[4]s 2>&1 </dev/null &
	for activate_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.2
		! %[1]s >/dev/null 2>&1 || break
	done
	unset activate_try
	%[5]s
fi
`, verb("services"), Quote(e.opts.Logs), Line(m.Login()), Quote(path.Join(e.opts.Logs, "catchall")), verb("at-boot"))
	} else {
		text += verb("at-boot") + "\n" + verb("services", "--all", "start") + "\n"
	}
	return daemon.File{Path: rootfs.Rel(file), Content: []byte(text), Mode: 0o644}
}
