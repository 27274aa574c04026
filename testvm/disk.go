package testvm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// disk is a directory of a machine's own; a container has its copy of a base
// tree there.
type disk struct {
	dir  string // holds a container's root and the overlay's layers
	lock *os.File
}

// newDisk makes a copy of the tree base.
func newDisk(base string) (*disk, error) {
	d, err := newPlace()
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"root", "upper", "work"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	return d, d.fill(base)
}

// newPlace makes an empty one. It first removes what machines of killed
// processes left.
func newPlace() (*disk, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	machines := filepath.Join(cache, "machines")
	if err := os.MkdirAll(machines, 0o755); err != nil {
		return nil, err
	}
	d := &disk{dir: filepath.Join(machines, randomHex(4))}
	// The sweep holds the same lock, so that it never sees a disk between
	// its directory and its own lock.
	gate, err := lockFile(filepath.Join(machines, "lock"), unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer func() { _ = gate.Close() }()
	sweep(machines)
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return nil, err
	}
	d.lock, err = lockFile(d.dir+"/lock", unix.LOCK_EX)
	return d, err
}

func (d *disk) root() string { return filepath.Join(d.dir, "root") }

// fill mounts an overlay over base, or copies it where the file system below
// cannot be an overlay's upper layer.
func (d *disk) fill(base string) error {
	opts := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", base, d.dir, d.dir)
	if err := unix.Mount("overlay", d.root(), "overlay", 0, opts); err == nil {
		return nil
	}
	out, err := exec.Command("cp", "-a", "--reflink=auto", base+"/.", d.root()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot copy %s: %w\n%s", base, err, out)
	}
	return nil
}

func (d *disk) remove() error {
	_ = unix.Unmount(d.root(), unix.MNT_DETACH)
	err := os.RemoveAll(d.dir)
	_ = d.lock.Close()
	return err
}

// sweep removes the disks whose owner is gone: nobody holds their lock.
func sweep(machines string) {
	dirs, _ := filepath.Glob(filepath.Join(machines, "*", "lock"))
	for _, path := range dirs {
		lock, err := lockFile(path, unix.LOCK_EX|unix.LOCK_NB)
		if err != nil {
			continue
		}
		_ = (&disk{dir: filepath.Dir(path), lock: lock}).remove()
	}
}
