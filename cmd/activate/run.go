package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

// stdio is where a run reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// exitError ends a run with a code of its own. A nil err prints nothing more.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// The exit codes of DESIGN section 3 that no verdict stands for.
const (
	exitError1  = 1
	exitPending = 2
	exitLocked  = 11
)

// run is the whole program; it gives the exit status.
func run(args []string, std stdio) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(std.err, "activate: %v\nthis is a bug; please report it with the lines below\n%s", r, debug.Stack())
			code = exitError1
		}
	}()
	// What the runtime ends (no memory left, Ctrl-\) would else exit with 2, which
	// says that changes are pending.
	debug.SetTraceback("crash")
	collectRarely()
	ctx, stop := withSignals()
	defer stop()
	cmd, help := newRoot(std), &answer{to: std.out}
	cmd.SetOut(help)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	return status(std, stopped(ctx, cmp.Or(err, help.err)))
}

// stopped gives the signal as the reason of what ended because of it.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("stopped before the first change: %w", context.Cause(ctx))
}

// status prints what ended a run and gives its exit status.
func status(std stdio, err error) int {
	if err == nil {
		return 0
	}
	_, told := errors.AsType[*exitError](err)
	if pe, ok := errors.AsType[*fs.PathError](err); ok && !told && errors.Is(err, unix.EPIPE) && pe.Path == os.Stdout.Name() {
		// Who read the answer has seen enough, as head(1).
		return exitError1
	}
	style := ui.StyleFor(std.err, noColor())
	for _, end := range ends(err) {
		ui.Error(std.err, style, end)
	}
	return codeOf(err)
}

// codeOf gives the exit status that err asks for.
func codeOf(err error) int {
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	if _, locked := errors.AsType[*rootfs.LockedError](err); locked {
		return exitLocked
	}
	return exitError1
}

// ends gives what there is to tell of err: of an exitError what is in it, and what
// was joined with it.
func ends(err error) []error {
	exit, ok := errors.AsType[*exitError](err)
	if !ok {
		return []error{err}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, ends(one)...)
		}
		return all
	}
	if exit.err == nil {
		return nil
	}
	return []error{exit.err}
}

// defaultStateDir is where generations are kept, inside the root.
const defaultStateDir = "/var/lib/activate"

func noColor() bool { return os.Getenv("NO_COLOR") != "" }

// flags are those that many commands have.
type flags struct {
	std      stdio
	root     string
	stateDir string
	init     string
	// user is set to work on what is the caller's own, who is then in caller.
	user        bool
	caller      *caller
	sets        []string
	json        bool
	lockTimeout time.Duration
	// forceLockout is of the commands that apply.
	forceLockout bool
	// verify is of those that compare with the host.
	verify  bool
	verbose int
	began   time.Time
	// answered is set once the document of a run is printed.
	answered bool
}

func newRoot(std stdio) *cobra.Command {
	f := &flags{std: std, began: time.Now()}
	cmd := &cobra.Command{
		Use:           "activate",
		Short:         "Make this host match its HCL modules",
		Long:          rootLong,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.SetVersionTemplate("activate {{.Version}}\n")
	cmd.SetIn(std.in)
	cmd.SetErr(std.err)
	p := cmd.PersistentFlags()
	p.StringVar(&f.root, "root", "/", "work on this directory instead of the running host; units are written, never started")
	p.StringVar(&f.stateDir, "state-dir", defaultStateDir, "where generations are kept, inside the root")
	p.StringVar(&f.init, "init", "auto", "the init that units are handed to: auto, "+strings.Join(initNames(), ", "))
	p.BoolVar(&f.user, "user", false, "work on your own services and files instead of the host's; no root needed")
	p.StringArrayVar(&f.sets, "set", nil, "set an option, `K=V`, above all configuration files")
	p.BoolVar(&f.json, "json", false, "print the answer as JSON")
	p.DurationVar(&f.lockTimeout, "lock-timeout", time.Minute, "how long to wait for another run")
	p.BoolVar(&f.forceLockout, "force-lockout", false, "apply even a plan after which nobody can become root")
	p.BoolVar(&f.verify, "verify", false, "read every file that is managed, also those that look untouched since the last run")
	p.CountVarP(&f.verbose, "verbose", "v", "log what is done, twice for more")
	cmd.AddCommand(
		newSwitch(f), newTest(f), newBoot(f), newBuild(f), newPlan(f), newApply(f),
		newRollback(f), newGenerations(f), newDiff(f), newDrift(f),
		newEval(f), newValidate(f), newFmt(f), newConfirm(f), newOptions(f), newSchema(f), newGraph(f),
		newAtBoot(f), newBooted(f), newDeactivate(f), newVersion(f), newKeep(f), newServices(f), newMan(f), newInit(f), newAdopt(f), newBootEntry(f),
	)
	cmd.AddCommand(newServiceVerbs(f)...)
	for _, c := range cmd.Commands() {
		c.Args = explained(c.Args)
	}
	refuseUnknown(cmd)
	f.completeFlags(cmd)
	return cmd
}

const rootLong = `activate makes a Linux host match its HCL modules, as NixOS's activation does
for NixOS: users and groups, files, directories, links, mounts and services,
with a plan before, a generation after, and a way back.

Exit status: 0 done or nothing to do; 1 error, nothing changed or all undone;
2 changes or drift pending; 3 a step failed and something stays changed;
4 applied, but units failed; 5 failed and rolled back; 11 another run holds
the lock.`
