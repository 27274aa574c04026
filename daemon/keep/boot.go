package keep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A host start is told from the next by the kernel's boot id and by process 1,
// since a container starts again under the same kernel, and with the /run it
// had.
func hostStart() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return fmt.Sprintf("%s %d\n", strings.TrimSpace(string(boot)), Identify(1).Start)
}

// BootMark gives the file, and what is in it, which says that the boot entry
// began its work, or was made, since the host started.
func (d Dirs) BootMark() (path string, content []byte) {
	return filepath.Join(filepath.Dir(d.Run), "at-boot"), []byte(hostStart())
}

// claim is the file that names the process which is at that work.
func (d Dirs) claim() string { return filepath.Join(filepath.Dir(d.Run), "at-boot.json") }

// BeginBoot takes the work of the boot entry, which only the first process
// since the host started gets; others get false. The caller calls done at the
// end. Statuses from before are dropped.
func (d Dirs) BeginBoot() (first bool, done func(), err error) {
	mark, content := d.BootMark()
	if d.bootBegan() {
		return false, nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(mark), 0o755); err != nil {
		return false, nil, fmt.Errorf("cannot begin the boot: %w", err)
	}
	id, err := json.Marshal(Identify(os.Getpid()))
	if err != nil {
		panic("internal error: an identity cannot be encoded: " + err.Error())
	}
	if err := errors.Join(os.WriteFile(d.claim(), id, 0o644), d.forget()); err != nil {
		return false, nil, fmt.Errorf("cannot begin the boot: %w", err)
	}
	// The mark comes last: who sees it finds the claim.
	if err := os.WriteFile(mark, content, 0o644); err != nil {
		return false, nil, fmt.Errorf("cannot begin the boot: %w", err)
	}
	return true, func() { _ = os.Remove(d.claim()) }, nil
}

// forget drops statuses whose keepers are gone.
func (d Dirs) forget() error {
	names, err := d.Names()
	for _, name := range names {
		s, readErr := d.recorded(name)
		if errors.Is(readErr, fs.ErrNotExist) || s.Keeper.Alive() {
			// A keeper is about to write it, or has.
			continue
		}
		err = errors.Join(err, d.Drop(name))
	}
	return err
}

func (d Dirs) bootBegan() bool {
	mark, content := d.BootMark()
	b, err := os.ReadFile(mark)
	return err == nil && string(b) == string(content)
}

// BootOver tells whether the boot entry's work is done. One that was killed
// counts as done.
func (d Dirs) BootOver() bool {
	if !d.bootBegan() {
		return false
	}
	b, err := os.ReadFile(d.claim())
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	var id Identity
	return err == nil && json.Unmarshal(b, &id) == nil && !id.Alive()
}

// bootLimit bounds the wait for a boot entry that nobody runs.
const bootLimit = 90 * time.Second

// waitBoot waits until the boot entry has done its work, after which the
// service's definition may be another one. False when it is stopped meanwhile.
func (k *keeper) waitBoot() bool {
	if k.dirs.BootOver() {
		return true
	}
	k.set(Waiting, "the host boots")
	tick := time.NewTicker(poll)
	defer tick.Stop()
	limit := time.After(bootLimit)
	for !k.dirs.BootOver() {
		select {
		case <-tick.C:
		case <-limit:
			fmt.Fprintf(os.Stderr, "activate: %s starts although activate at-boot did not run within %s\n", k.spec.Name, bootLimit)
			return true
		case sig := <-k.signals:
			if isStop(sig) {
				return false
			}
		}
	}
	return true
}
