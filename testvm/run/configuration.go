package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"

	"golang.org/x/term"

	"github.com/activate-agent/activate/testvm"
)

//go:embed provision.sh
var provision string

// program is the package of the product.
const program = "github.com/activate-agent/activate/cmd/activate"

// apply gives m the product, built of the tree this is run in, and the
// configuration, with the directory that it is in, and switches to it.
func apply(ctx context.Context, m *testvm.Machine, config string) (int, error) {
	dir, err := os.MkdirTemp("", "activate-run-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "activate")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, program)
	build.Env, build.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("cannot build %s: %w", program, err)
	}
	config, err = filepath.Abs(config)
	if err != nil {
		return 1, err
	}
	const place = "/root/activate/"
	inside := path.Join(place, filepath.Base(filepath.Dir(config)))
	m.CopyTo(binary, place+"program")
	m.CopyTo(filepath.Dir(config), inside)
	m.WriteFile(place+"provision.sh", provision)
	return m.Exec(ctx, nil, os.Stdout, os.Stderr,
		"/bin/sh", place+"provision.sh", place+"program", path.Join(inside, filepath.Base(config))), nil
}

// shell gives the person at the terminal a login shell in m.
func shell(ctx context.Context, m *testvm.Machine) (int, error) {
	in := int(os.Stdin.Fd())
	columns, rows, err := term.GetSize(in)
	if err != nil {
		return 1, fmt.Errorf("cannot ask the terminal for its size: %w", err)
	}
	before, err := term.MakeRaw(in)
	if err != nil {
		return 1, fmt.Errorf("cannot use the terminal: %w", err)
	}
	defer func() { _ = term.Restore(in, before) }()
	// script(1) makes a terminal inside; the machine knows nothing of this one.
	login := fmt.Sprintf("stty rows %d cols %d; exec bash -l", rows, columns)
	return m.Exec(ctx, os.Stdin, os.Stdout, os.Stderr,
		"/usr/bin/env", "TERM="+os.Getenv("TERM"), "SHELL=/bin/bash", "script", "-qec", login, "/dev/null"), nil
}

// isTerminal tells whether a person sits there.
func isTerminal() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}
