// Command run boots a throw-away machine, applies a configuration or runs a
// shell script in it as root, and removes the machine:
//
//	go run ./testvm/run [-vm] [-suite SUITE] [-package NAME]... [-copy HOST:GUEST]... CONFIG.hcl
//	go run ./testvm/run [-vm] [-suite SUITE] [-package NAME]... [-copy HOST:GUEST]... SCRIPT
//
// A configuration comes with all of its directory, and with the activate of the
// tree that the command is run in. On a terminal a shell follows, and the
// machine goes when it ends; elsewhere the exit code is that of the switch.
//
// It owns that one machine's life and refuses to know what the script does.
// The script's output is passed through and its exit code is the command's.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/testvm"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	suite := flags.String("suite", "", "Debian `suite` (default bookworm)")
	virtual := flags.Bool("vm", false, "boot a whole virtual machine, with a kernel of its own, instead of a container")
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
	file := flags.Arg(0)
	script, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	o := &owner{}
	defer o.release()
	m := testvm.Start(o, testvm.Config{Suite: *suite, Packages: packages, Virtual: *virtual})
	for _, c := range copies {
		from, to, ok := strings.Cut(c, ":")
		if !ok {
			o.Fatalf("cannot copy %q: write HOST:GUEST", c)
		}
		m.CopyTo(from, to)
	}
	if filepath.Ext(file) == ".hcl" {
		return configured(ctx, m, file)
	}
	return m.Exec(ctx, nil, os.Stdout, os.Stderr, "/bin/sh", "-c", string(script))
}

// configured applies a configuration, and lets a person look.
func configured(ctx context.Context, m *testvm.Machine, config string) int {
	code, err := apply(ctx, m, config)
	if err == nil && isTerminal() && ctx.Err() == nil {
		fmt.Fprintf(os.Stderr, "the switch ended with exit code %d; this shell is in the machine, which goes when you leave it\n", code)
		code, err = shell(ctx, m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
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
