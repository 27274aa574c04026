package activation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// LockPath is the run lock, relative to the root.
func (e *Engine) LockPath() string { return path.Join(e.runDir(), "lock") }

// CheckPlace refuses a state directory that is somebody's for something else.
func (e *Engine) CheckPlace() error { return e.State.CheckPlace(e.runDir()) }

// madeNote begins a line of the lock that names a directory which was made for
// activate itself.
const madeNote = "made "

// notes are the lines of the lock that tell what this run made for itself. A run that
// is killed before it records anything leaves it to the next holder so.
func (e *Engine) notes() []string { return notesOf(e.made) }

// notesOf are those lines of the directories made.
func notesOf(made []string) []string {
	var lines []string
	for _, dir := range made {
		lines = append(lines, madeNote+dir)
	}
	return lines
}

// Holder is what a run says of itself in the lock: holder, and after it what it made
// for the lock.
func (e *Engine) Holder(holder string) string {
	e.made = unique(slices.Concat(e.made, e.halfMade()))
	return strings.Join(append([]string{holder}, e.notes()...), "\n")
}

// Inherit takes over from the notes of the lock, which the caller holds, what earlier
// holders made for themselves. Only directories that lead to the lock or the state
// count. Those of the lock, which are noted now, are made what they are to be.
func (e *Engine) Inherit(notes []string) error {
	for _, note := range notes {
		dir, made := strings.CutPrefix(note, madeNote)
		leads := strings.HasPrefix(e.LockPath(), dir+"/") || strings.HasPrefix(e.State.Dir()+"/", dir+"/")
		if made && leads && !slices.Contains(e.made, dir) {
			e.made = append(e.made, dir)
		}
	}
	return e.finishHalf(func(string) bool { return true })
}

// finishHalf makes of the half-made directories that are meant whole ones.
func (e *Engine) finishHalf(meant func(dir string) bool) error {
	attr := e.Root.Private()
	attr.Mode = 0o755
	for _, dir := range e.halfMade() {
		if !meant(dir) {
			continue
		}
		if err := e.Root.SetAttr(dir, attr); err != nil {
			return fmt.Errorf("cannot make the directory of the lock: %w", err)
		}
	}
	return nil
}

// unmake makes half-made ones of the directories that were made for activate, and
// lead to the lock and to nothing else. The lock, which tells of them, is about to go
// before them: should that be cut off, the next run knows them by their mode.
func (e *Engine) unmake() error {
	attr := e.Root.Private()
	attr.Mode = halfMode
	for _, dir := range slices.Backward(slices.Sorted(slices.Values(e.made))) {
		names, err := e.Root.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot remove the directory of the lock: %w", err)
		}
		if len(names) > 1 {
			return nil
		}
		if err := e.Root.SetAttr(dir, attr); err != nil {
			return fmt.Errorf("cannot remove the directory of the lock: %w", err)
		}
	}
	return nil
}

// halfMode is the mode of a directory that was made for the lock, until the lock
// says so, and after it is gone: a run that is killed in between leaves one that is
// told from an empty directory of others by it.
const halfMode = 0o1700

// halfMade gives the directories that lead to the lock and have that mode, or what a
// umask left of it.
func (e *Engine) halfMade() (out []string) {
	for dir := e.runDir(); dir != "."; dir = path.Dir(dir) {
		info, err := e.Root.Lstat(dir)
		if err == nil && info.Type == rootfs.Dir && info.Mode&^0o700 == halfMode&^0o700 && info.UID == e.Root.Private().UID {
			out = append(out, dir)
		}
	}
	slices.Reverse(out)
	return out
}

// MakeRunDir makes the directory of the run lock. All that was missing of it counts
// as made, and what another run removed meanwhile; deactivate removes it when it is
// empty: of two first runs at once each may make a part, and only one of them may have
// something to do.
func (e *Engine) MakeRunDir() error {
	missing := e.missingParents(e.LockPath())
	made, err := e.Root.MakeDirs(e.runDir(), halfMode)
	e.made = unique(slices.Concat(e.made, missing, made))
	return err
}
