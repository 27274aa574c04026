// Command run boots a throw-away machine, runs a shell script in it as root,
// and removes the machine:
//
//	go run ./testvm/run [-suite SUITE] [-package NAME]... [-copy HOST:GUEST]... SCRIPT
//
// It owns that one machine's life and refuses to know what the script does.
// The script's output is passed through and its exit code is the command's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/testvm"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	suite := flags.String("suite", "", "Debian `suite` (default bookworm)")
	var copies, packages list
	flags.Var(&copies, "copy", "copy `HOST:GUEST` into the machine first; may be repeated")
	flags.Var(&packages, "package", "install the Debian `package` too; may be repeated")
	if err := flags.Parse(args); err != nil {
		return 1
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return 1
	}
	script, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	o := &owner{}
	defer o.release()
	m := testvm.Start(o, testvm.Config{Suite: *suite, Packages: packages})
	for _, c := range copies {
		from, to, ok := strings.Cut(c, ":")
		if !ok {
			o.Fatalf("cannot copy %q: write HOST:GUEST", c)
		}
		m.CopyTo(from, to)
	}
	return execute(ctx, m, string(script))
}

func execute(ctx context.Context, m *testvm.Machine, script string) int {
	cmd := m.Command(ctx, script)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	}
	fmt.Fprintf(os.Stderr, "cannot run the script: %v\n", err)
	return 1
}

// owner is the testvm.TB of a program.
type owner struct {
	cleanups []func()
	failed   bool
}

func (o *owner) Helper()          {}
func (o *owner) Failed() bool     { return o.failed }
func (o *owner) Cleanup(f func()) { o.cleanups = append(o.cleanups, f) }

func (o *owner) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (o *owner) Fatalf(format string, args ...any) {
	o.failed = true
	o.Logf(format, args...)
	o.release()
	os.Exit(1)
}

// release runs the cleanups, last first and each once.
func (o *owner) release() {
	for len(o.cleanups) > 0 {
		f := o.cleanups[len(o.cleanups)-1]
		o.cleanups = o.cleanups[:len(o.cleanups)-1]
		f()
	}
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}
