package testvm

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// imageSize is enough for any of the trees and what a test adds; the file has
// holes.
const imageSize = "3G"

// image gives the tree and a file system made of it, building what no process
// has built before.
func image(c Config) (tree, file string, err error) {
	if tree, err = base(c); err != nil {
		return "", "", err
	}
	lock, err := lockFile(tree+".lock", unix.LOCK_EX)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = lock.Close() }()
	file = tree + ".img"
	if c.Prepare != "" {
		sum := sha256.Sum256([]byte(c.Prepare))
		file = tree + "-" + hex.EncodeToString(sum[:8]) + ".img"
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return tree, file, err
	}
	if err := makeImage(tree, c.Prepare, file+".new"); err != nil {
		return "", "", fmt.Errorf("cannot make a disk of %s: %w", tree, err)
	}
	return tree, file, os.Rename(file+".new", file)
}

func makeImage(tree, prepare, file string) error {
	if err := os.RemoveAll(file); err != nil {
		return err
	}
	if prepare != "" {
		d, err := newDisk(tree)
		if err != nil {
			return err
		}
		defer func() { _ = d.remove() }()
		tree = d.root()
		if out, err := exec.Command("chroot", tree, "/bin/sh", "-euc", prepare).CombinedOutput(); err != nil {
			return fmt.Errorf("cannot prepare it: %w\n%s", err, tail(string(out), 20))
		}
	}
	// Nothing is left for the guest's kernel to do in the background.
	cmd := exec.Command("mke2fs", "-q", "-t", "ext4", "-b", fmt.Sprint(blockSize), "-L", "root",
		"-E", "lazy_itable_init=0,lazy_journal_init=0", "-d", tree, file, imageSize)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mke2fs: %w\n%s", err, tail(string(out), 20))
	}
	return nil
}
