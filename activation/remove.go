package activation

import (
	"cmp"
	"path"
)

// defaultRunDir is where the run lock is where nobody says otherwise.
const defaultRunDir = "run/activate"

// runDir is what goes with a reboot, relative to the root.
func (e *Engine) runDir() string { return cmp.Or(e.RunDir, defaultRunDir) }

// RemoveState removes the boot entry and activate's own directories after a
// deactivate. The lock file goes with them; the caller still holds it.
func (e *Engine) RemoveState() error {
	made, err := e.State.ReadBootEntry()
	if err != nil {
		return err
	}
	if err := e.removeBoot(); err != nil {
		return err
	}
	for _, dir := range []string{e.State.Dir(), e.runDir()} {
		if err := e.Root.RemoveAll(dir); err != nil {
			return err
		}
	}
	// Where there was nothing to take back, its lock alone made some.
	if err := e.removeEmpty(unique(append(made.Parents, e.made...))); err != nil {
		return err
	}
	return e.Root.Sync()
}

// LockPath is the run lock, relative to the root.
func (e *Engine) LockPath() string { return path.Join(e.runDir(), "lock") }

// Made tells the engine of directories that were made for the lock; deactivate
// removes them when they are empty.
func (e *Engine) Made(dirs []string) { e.made = append(e.made, dirs...) }
