package testvm

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// growScript installs packages in a tree.
//
//go:embed grow.sh
var growScript string

// seed is what all trees of a suite grow from, in a directory of the cache: the
// least that Debian installs, apt's lists of what else there is, and the
// packages that were fetched so far.
type seed struct{ dir string }

func (s seed) tree() string     { return filepath.Join(s.dir, "tree") }
func (s seed) lists() string    { return filepath.Join(s.dir, "lists") }
func (s seed) archives() string { return filepath.Join(s.dir, "archives") }

// seedOf gives the suite's, made when no process has made it before.
func seedOf(suite string) (seed, error) {
	cache, err := cacheDir()
	if err != nil {
		return seed{}, err
	}
	s := seed{filepath.Join(cache, "seed-"+suite)}
	lock, err := lockFile(s.dir+".lock", unix.LOCK_EX)
	if err != nil {
		return s, err
	}
	defer func() { _ = lock.Close() }()
	if _, err := os.Lstat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	fresh := seed{s.dir + ".new"}
	if err := fresh.sow(suite); err != nil {
		return s, fmt.Errorf("cannot begin a %s tree: %w", suite, err)
	}
	return s, os.Rename(fresh.dir, s.dir)
}

func (s seed) sow(suite string) error {
	mirror, err := mirror("/etc/apt")
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(s.dir), os.Mkdir(s.dir, 0o755)); err != nil {
		return err
	}
	cmd := exec.Command("mmdebstrap", "--quiet", "--variant=minbase", "--skip=cleanup/apt/lists", suite, s.tree(), mirror)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mmdebstrap: %w\n%s", err, tail(string(out), 20))
	}
	// Large, and none of a machine's.
	lists := filepath.Join(s.tree(), "var/lib/apt/lists")
	return errors.Join(os.Rename(lists, s.lists()), os.MkdirAll(filepath.Join(lists, "partial"), 0o755))
}

// grow makes the tree fresh: that of from, and packages in it.
func (s seed) grow(from, fresh string, packages []string) error {
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", "--reflink=auto", from, fresh).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot copy %s: %w\n%s", from, err, out)
	}
	args := append([]string{"--mount", "sh", "-c", growScript, "grow.sh", fresh, s.lists(), s.archives()}, packages...)
	if out, err := exec.Command("unshare", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get install: %w\n%s", err, tail(string(out), 20))
	}
	return nil
}

// parent gives the tree that c's grows from: the same machine without its own
// packages, else the same one without a kernel, else the seed.
func parent(c Config, s seed) (string, error) {
	switch {
	case len(c.Packages) > 0:
		return base(Config{Suite: c.Suite, Virtual: c.Virtual, Init: c.Init})
	case c.Virtual:
		return base(Config{Suite: c.Suite, Init: c.Init})
	}
	return s.tree(), nil
}
