package activation

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// defaultRunDir is where the run lock is where nobody says otherwise.
const defaultRunDir = "run/activate"

// runDir is what goes with a reboot, relative to the root.
func (e *Engine) runDir() string { return cmp.Or(e.RunDir, defaultRunDir) }

// RemoveState removes the boot entry and activate's own directories after the
// deactivate that p planned, the lock last: once it is gone another run may begin.
// Contents from before us that could not return stay.
func (e *Engine) RemoveState(p *Prepared) error {
	// Nothing is removed of a state that a newer activate wrote.
	if err := e.State.Migrate(); err != nil {
		return err
	}
	made, err := e.State.ReadBootEntry()
	if err != nil {
		return err
	}
	if err := e.removeBoot(); err != nil {
		return err
	}
	keep, err := e.outlives(p)
	if err != nil {
		return err
	}
	keep[e.LockPath()] = true
	// Where there was nothing to take back, its lock alone made some.
	dirs := unique(slices.Concat(made.Parents, e.made, []string{e.State.Dir(), e.runDir()}))
	if err := e.removeStateDir(keep, dirs); err != nil {
		return err
	}
	if err := e.removeBut(keep, e.runDir()); err != nil {
		return err
	}
	if err := e.removeLock(dirs); err != nil {
		return err
	}
	return e.Root.Sync()
}

// removeLock removes those of the directories that are empty, and the lock. Who
// waits for it begins when it is gone, and makes its own: after that only
// directories that lead to it go. Those that somebody came into meanwhile are what
// this run made still.
func (e *Engine) removeLock(dirs []string) error {
	if err := e.removeEmpty(dirs); err != nil {
		return err
	}
	e.made = slices.DeleteFunc(dirs, func(dir string) bool {
		return !strings.HasPrefix(e.LockPath(), dir+"/")
	})
	if err := e.unmake(); err != nil {
		return err
	}
	if err := ignoreMissing(e.Root.Remove(e.LockPath())); err != nil {
		return fmt.Errorf("cannot remove the lock: %w", err)
	}
	if err := e.removeEmpty(e.made); err != nil {
		return err
	}
	e.made = slices.DeleteFunc(e.made, func(dir string) bool {
		there, err := e.Root.Exists(dir)
		return err == nil && !there
	})
	return e.finishHalf(func(dir string) bool { return slices.Contains(e.made, dir) })
}

// Overtaken tells, of a run that removed its lock, that another one took the lock anew
// in directories which this run made and could not remove therefore. The other one
// does not know of them: who has the lock next, and calls LeaveNothing, sees to them.
func (e *Engine) Overtaken() bool {
	if len(e.made) == 0 || e.Root.Holds(e.LockPath()) {
		return false
	}
	there, err := e.Root.Exists(e.runDir())
	return err == nil && there
}

// removeStateDir removes the state directory, but for the paths to keep. What was
// made for us is known until the end, should this be cut off, and from then on by the
// lock. Whoever reads meanwhile finds no half of a generation.
func (e *Engine) removeStateDir(keep map[string]bool, made []string) error {
	e.Root.NoteInLock(e.LockPath(), notesOf(made)...)
	if err := e.State.RemoveGenerations(); err != nil {
		return err
	}
	entry := e.State.BootEntryPath()
	for _, last := range []bool{true, false} {
		keep[entry] = last
		if err := e.removeBut(keep, e.State.Dir()); err != nil {
			return err
		}
	}
	return nil
}

// outlives gives the paths of the contents from before us that could not return,
// as far as nobody took them away, and of the account of them: by it the next
// deactivate knows of them, whether this one comes to its end or not.
func (e *Engine) outlives(p *Prepared) (map[string]bool, error) {
	keep := map[string]bool{}
	for _, hash := range p.kept {
		place := p.store.Place(hash)
		there, err := e.Root.Exists(place)
		if err != nil {
			return nil, err
		}
		if there {
			keep[place], keep[e.State.KeptPath()] = true, true
		}
	}
	return keep, nil
}

// removeBut removes what is at p, but for the paths to keep and the directories
// that lead to them.
func (e *Engine) removeBut(keep map[string]bool, p string) error {
	leads := false
	for k, stays := range keep {
		leads = leads || stays && strings.HasPrefix(k, p+"/")
	}
	switch {
	case keep[p]:
		return nil
	case !leads:
		return e.unlessMounted(p, e.Root.RemoveAll(p))
	}
	names, err := e.Root.ReadDir(p)
	if err != nil {
		return ignoreMissing(err)
	}
	for _, name := range names {
		if err := e.removeBut(keep, path.Join(p, name)); err != nil {
			return err
		}
	}
	return nil
}

// unlessMounted is err, why p could not be removed, but nil where p is empty and
// only stays since a file system of its own is mounted there.
func (e *Engine) unlessMounted(p string, err error) error {
	if !errors.Is(err, unix.EBUSY) {
		return err
	}
	if names, unread := e.Root.ReadDir(p); unread != nil || len(names) > 0 {
		return err
	}
	return nil
}
