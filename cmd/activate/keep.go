package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/daemon/keep"
)

// keepFlags are those of the commands that inits run.
type keepFlags struct {
	*flags
	dirs    keep.Dirs
	log     string
	readyFD int
	// afterBoot has run wait for the boot entry.
	afterBoot bool
	timeout   time.Duration
}

// cannotRun is the shell's exit status for a program that is there and cannot
// be run.
const cannotRun = 126

// newKeep is what the scripts of services call, and not for people: they have
// activate services, start, stop and so on.
func newKeep(f *flags) *cobra.Command {
	k := &keepFlags{flags: f}
	cmd := &cobra.Command{Use: "keep", Short: "What an init runs to keep a service", Hidden: true}
	p := cmd.PersistentFlags()
	p.StringVar(&k.dirs.Specs, "specs", keep.System().Specs, "where the services' definitions are")
	p.StringVar(&k.dirs.Run, "run", keep.System().Run, "where their states are")
	p.StringVar(&k.log, "log", "", "the directory to log to")
	p.IntVar(&k.readyFD, "ready-fd", 0, "the descriptor to write a line to when the service is up")
	p.BoolVar(&k.afterBoot, "after-boot", false, "wait until activate at-boot is done")
	p.DurationVar(&k.timeout, "timeout", time.Hour, "how long start and stop may take")
	cmd.AddCommand(
		k.verb("run", k.run), k.verb("start", k.start), k.verb("stop", k.stop), k.verb("restart", k.restart),
		k.verb("reload", k.reload), k.verb("force-reload", k.forceReload), k.verb("status", k.status),
		&cobra.Command{Use: "exec", Hidden: true, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			_ = keep.Exec(os.Stdin) // It returns when it failed, and told the keeper why.
			return &exitError{code: cannotRun}
		}},
	)
	return cmd
}

func (k *keepFlags) verb(use string, do func(cmd *cobra.Command, name string) error) *cobra.Command {
	return &cobra.Command{Use: use + " NAME", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		return do(cmd, args[0])
	}}
}

func (k *keepFlags) options() keep.Options {
	o := keep.Options{Dirs: k.dirs, Log: k.log, AfterBoot: k.afterBoot}
	if k.readyFD > 0 {
		o.Ready = os.NewFile(uintptr(k.readyFD), "ready")
	}
	return o
}

func (k *keepFlags) run(_ *cobra.Command, name string) error {
	return keep.Keep(name, k.options())
}

func (k *keepFlags) start(_ *cobra.Command, name string) error {
	if err := keep.Start(name, k.options(), k.timeout); err != nil {
		return fmt.Errorf("cannot start %s: %w", name, err)
	}
	return nil
}

func (k *keepFlags) stop(_ *cobra.Command, name string) error {
	if err := keep.Stop(name, k.dirs, k.timeout); err != nil {
		return fmt.Errorf("cannot stop %s: %w", name, err)
	}
	return nil
}

func (k *keepFlags) restart(cmd *cobra.Command, name string) error {
	if err := k.stop(cmd, name); err != nil {
		return err
	}
	return k.start(cmd, name)
}

// The exit codes of an init script's verbs, LSB 5.0, 22.2.
const (
	lsbNotRunning = 7
	lsbDead       = 1
	lsbStopped    = 3
	lsbUnknown    = 4
)

func (k *keepFlags) reload(_ *cobra.Command, name string) error {
	s, err := k.dirs.Status(name)
	if err == nil && !s.Running() {
		return &exitError{code: lsbNotRunning, err: errors.New("cannot reload " + name + ": it does not run")}
	}
	return keep.Reload(name, k.dirs)
}

// forceReload reloads where the service can, else restarts.
func (k *keepFlags) forceReload(cmd *cobra.Command, name string) error {
	spec, err := k.dirs.Spec(name)
	if err != nil {
		return err
	}
	if spec.Reload == nil {
		return k.restart(cmd, name)
	}
	return k.reload(cmd, name)
}

func (k *keepFlags) status(_ *cobra.Command, name string) error {
	s, err := k.dirs.Status(name)
	if err != nil {
		return &exitError{code: lsbUnknown, err: err}
	}
	text := name + " is " + string(s.State)
	if s.Main.PID != 0 && s.Running() {
		text += fmt.Sprintf(" (process %d)", s.Main.PID)
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	fmt.Fprintln(k.std.out, text)
	switch {
	case s.Running():
		return nil
	case s.State == keep.Down && s.Reason != "", s.State == keep.Failed:
		return &exitError{code: lsbDead}
	}
	return &exitError{code: lsbStopped}
}
