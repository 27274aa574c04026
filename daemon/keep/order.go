package keep

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// order is one command with everything that has to hold when it runs. The
// keeper forks itself and hands it over on the standard input, so that nothing
// of it is in a process list.
type order struct {
	Argv    []string
	Env     []string
	Dir     string
	Umask   string
	Nice    *int
	Limits  map[string]string
	Account *account
	// Self has the process's own number put into LISTEN_PID.
	Self bool
	// Fault is the descriptor that is told why the command cannot run; it
	// closes when it does.
	Fault int
}

// Exec becomes the command that it reads an order for on the standard input.
// It returns only to say why it could not, which the keeper was told too.
func Exec(in *os.File) error {
	// Who a process is belongs to its threads; this one runs the command.
	runtime.LockOSThread()
	b, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("cannot read the order: %w", err)
	}
	var o order
	if err := json.Unmarshal(b, &o); err != nil {
		return fmt.Errorf("cannot read the order: %w", err)
	}
	unix.CloseOnExec(o.Fault)
	err = o.become()
	_, _ = unix.Write(o.Fault, []byte(err.Error()))
	return err
}

// become changes this process step by step, who it is last.
func (o order) become() error {
	null, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
	if err == nil {
		err = unix.Dup2(null, 0)
	}
	if err != nil {
		return fmt.Errorf("cannot open /dev/null: %w", err)
	}
	if null > 0 {
		_ = unix.Close(null)
	}
	if err := o.restrict(); err != nil {
		return err
	}
	if err := o.switchUser(); err != nil {
		return err
	}
	if err := os.Chdir(o.Dir); err != nil {
		return fmt.Errorf("cannot enter the working directory: %w", err)
	}
	// What is handled here starts with its default in the command, whatever
	// this process inherited.
	signal.Notify(make(chan os.Signal, 1))
	if o.Self {
		o.Env = append(o.Env, fmt.Sprintf("LISTEN_PID=%d", os.Getpid()))
	}
	program, err := find(o.Argv[0], o.Env)
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot run %s: %w", program, unix.Exec(program, o.Argv, o.Env))
}

func (o order) switchUser() error {
	a := o.Account
	if a == nil {
		return nil
	}
	if err := unix.Setgroups(a.Groups); err != nil {
		return fmt.Errorf("cannot take the groups of %s: %w", a.Name, err)
	}
	if err := unix.Setresgid(a.GID, a.GID, a.GID); err != nil {
		return fmt.Errorf("cannot take the group %d: %w", a.GID, err)
	}
	if err := unix.Setresuid(a.UID, a.UID, a.UID); err != nil {
		return fmt.Errorf("cannot become %s: %w", a.Name, err)
	}
	return nil
}

// find looks a program without a slash up in the PATH of the command itself.
func find(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, v := range env {
		list, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for dir := range strings.SplitSeq(list, ":") {
			p := dir + "/" + name
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() && unix.Access(p, unix.X_OK) == nil {
				return p, nil
			}
		}
	}
	return "", fmt.Errorf("cannot run %s: it is not in PATH", name)
}
