package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the program that the tests of this package drive, built once.
var binary string //nolint:gochecknoglobals // set by TestMain

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == measure {
		os.Exit(measured(os.Args[2:]))
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "activate-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "activate")
	// Where it is built, and from which commit, makes it no other program.
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build the program under test:", err)
		return 1
	}
	if err := drawByProgram(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot set the seed of what is drawn:", err)
		return 1
	}
	return m.Run()
}

// drawByProgram has rapid draw the same for the same program, unless a seed or
// more walks than usual are asked for: a run that failed fails again, here and in
// CI, and each change of the program is walked in other ways.
func drawByProgram() error {
	seed := flag.Lookup("rapid.seed")
	if flag.Parse(); seed.Value.String() != "0" || os.Getenv("ACTIVATE_WALKS") != "" {
		return nil
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(program)
	return seed.Value.Set("0x" + hex.EncodeToString(sum[:8]))
}

// accounts is what every script finds in $WORK/root, a root directory of its
// own.
var accounts = map[string]string{ //nolint:gochecknoglobals // a constant
	"etc/passwd":     "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
	"etc/group":      "root:x:0:\ndaemon:x:1:\n",
	"etc/shadow":     "root:$6$salt$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n",
	"etc/gshadow":    "root:*::\ndaemon:*::\n",
	"etc/login.defs": "UID_MIN 1000\nUID_MAX 60000\n",
	"etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n",
}

// TestScripts runs testdata/script: the user's view of the program.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+":"+env.Getenv("PATH"))
			env.Setenv("ROOT", filepath.Join(env.WorkDir, "root"))
			env.Setenv("NO_COLOR", "1")
			return writeAccounts(filepath.Join(env.WorkDir, "root"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": cmdStatus,
			"mode":   cmdMode,
		},
	})
}

func writeAccounts(root string) error {
	for name, text := range accounts {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, "shadow") {
			mode = 0o640
		}
		if err := os.WriteFile(p, []byte(text), mode); err != nil {
			return err
		}
	}
	return nil
}

// cmdStatus is "status N program args...": it runs a program and checks its
// exact exit status.
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		exit, ok := err.(*exec.ExitError) //nolint:errorlint // Exec gives it bare
		if !ok {
			ts.Fatalf("cannot run %s: %v", args[1], err)
		}
		got = fmt.Sprint(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("%s ended with %s, want %s", args[1], got, args[0])
	}
}

// cmdMode is "mode OCTAL path": it checks a path's permission bits.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL path")
	}
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	mode := info.Mode()
	bits := uint32(mode.Perm())
	for flag, bit := range map[os.FileMode]uint32{os.ModeSetuid: 0o4000, os.ModeSetgid: 0o2000, os.ModeSticky: 0o1000} {
		if mode&flag != 0 {
			bits |= bit
		}
	}
	if got := fmt.Sprintf("%04o", bits); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}
